using System.Diagnostics.CodeAnalysis;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Kernel.Admission;

/// <summary>Opens an HTTP call as an admission review, and closes it with a verdict. What is no review is answered as an HTTP error, never as a verdict.</summary>
internal static class AdmissionEndpoint
{
    public static bool TryOpen(in HttpCall call, [NotNullWhen(true)] out AdmissionReview? review, out HttpAnswer refusal)
    {
        review = null;
        refusal = default;
        if (!string.Equals(call.Method, "POST", StringComparison.OrdinalIgnoreCase))
        {
            refusal = HttpAnswer.OfText(405, $"{call.Method} is not supported here: POST an AdmissionReview of {AdmissionReview.V1}.");
            return false;
        }

        if (!IsJson(call.Header("Content-Type")))
        {
            refusal = HttpAnswer.OfText(415, $"Content-Type \"{call.Header("Content-Type")}\" is not supported: send {HttpAnswer.Json} with an AdmissionReview of {AdmissionReview.V1}.");
            return false;
        }

        review = AdmissionReviewReader.Read(call.Body, out var fault);
        if (review is null)
        {
            refusal = HttpAnswer.OfText(400, fault!);
            return false;
        }

        return true;
    }

    /// <summary>Writes the verdict, and counts it for <paramref name="function"/>.</summary>
    public static HttpAnswer Close(AdmissionReview review, AdmissionResult result, string function, Invocations? invocations)
    {
        invocations?.Admitted(function, result switch
        {
            AdmissionResult.Allowed => "allowed",
            AdmissionResult.Denied => "denied",
            AdmissionResult.Patched => "patched",
            _ => "errored",
        });
        return AdmissionAnswer.Write(review, result);
    }

    /// <summary>Parameters (charset) do not matter: JSON is UTF-8.</summary>
    private static bool IsJson(string? contentType)
    {
        var media = contentType.AsSpan();
        var end = media.IndexOf(';');
        return (end < 0 ? media : media[..end]).Trim().Equals(HttpAnswer.Json, StringComparison.OrdinalIgnoreCase);
    }
}
