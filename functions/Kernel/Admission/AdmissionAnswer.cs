using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Kernel.Admission;

/// <summary>The one writer of admission responses.</summary>
internal static class AdmissionAnswer
{
    /// <summary>Enough for all but the patch; the buffer grows when warnings are long.</summary>
    private const int EnvelopeSize = 512;

    public static HttpAnswer Write(AdmissionReview review, AdmissionResult result)
    {
        if (result is AdmissionResult.Errored error)
        {
            return HttpAnswer.OfText(error.Status, error.Message);
        }

        var patch = result is AdmissionResult.Patched { Patch.Count: > 0 } patched ? JsonPatch.Bytes(patched.Patch) : default;
        var buffer = new ArrayBufferWriter<byte>(EnvelopeSize + Base64.GetMaxEncodedToUtf8Length(patch.Length));
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion"u8, review.ApiVersion);
            json.WriteString("kind"u8, "AdmissionReview"u8);
            json.WriteStartObject("response"u8);
            json.WriteString("uid"u8, review.Uid);
            json.WriteBoolean("allowed"u8, result is not AdmissionResult.Denied);
            WriteVerdict(json, result, patch.Span);
            WriteWarnings(json, result);
            WriteAudit(json, result);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return new(200, HttpAnswer.Json, buffer.WrittenMemory);
    }

    private static void WriteVerdict(Utf8JsonWriter json, AdmissionResult result, ReadOnlySpan<byte> patch)
    {
        if (result is AdmissionResult.Denied denied)
        {
            json.WriteStartObject("status"u8);
            json.WriteString("status"u8, "Failure"u8);
            json.WriteString("message"u8, denied.Message);
            json.WriteString("reason"u8, denied.Reason);
            json.WriteNumber("code"u8, denied.Code);
            json.WriteEndObject();
        }
        else if (!patch.IsEmpty)
        {
            json.WriteString("patchType"u8, "JSONPatch"u8);
            json.WriteBase64String("patch"u8, patch);
        }
    }

    private static void WriteWarnings(Utf8JsonWriter json, AdmissionResult result)
    {
        var warnings = AdmissionWarnings.Bound(result.Warnings);
        if (warnings.Count == 0)
        {
            return;
        }

        json.WriteStartArray("warnings"u8);
        foreach (var warning in warnings)
        {
            json.WriteStringValue(warning);
        }

        json.WriteEndArray();
    }

    private static void WriteAudit(Utf8JsonWriter json, AdmissionResult result)
    {
        if (result.AuditAnnotations is not { Count: > 0 } annotations)
        {
            return;
        }

        json.WriteStartObject("auditAnnotations"u8);
        foreach (var (key, value) in annotations)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
