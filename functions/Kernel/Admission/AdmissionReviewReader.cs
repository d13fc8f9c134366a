using System.Text.Json;
using static AgentWarden.Kernel.Admission.JsonFields;

namespace AgentWarden.Kernel.Admission;

/// <summary>Reads an AdmissionReview in one pass over the body. The objects are stepped over, not parsed: what a function does not need is never built.</summary>
internal static class AdmissionReviewReader
{
    /// <summary>The review, or null and a text that says what is wrong with the body.</summary>
    public static AdmissionReview? Read(ReadOnlyMemory<byte> body, out string? fault)
    {
        var draft = new Draft();
        try
        {
            fault = ReadBody(body, ref draft);
        }
        catch (JsonException malformed)
        {
            var at = malformed is { LineNumber: { } line, BytePositionInLine: { } position } ? $" at line {line + 1}, byte {position + 1}" : "";
            fault = $"The body is not valid JSON{at}. Expected an AdmissionReview of {AdmissionReview.V1}.";
        }

        fault ??= draft.Fault();
        return fault is null ? draft.Review() : null;
    }

    private static string? ReadBody(ReadOnlyMemory<byte> body, ref Draft draft)
    {
        var json = new Utf8JsonReader(body.Span);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            return "The body is not a JSON object. Expected an AdmissionReview.";
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("apiVersion"u8))
            {
                draft.ApiVersion = ReadText(ref json);
            }
            else if (json.ValueTextEquals("kind"u8))
            {
                draft.Type = ReadText(ref json);
            }
            else if (json.ValueTextEquals("request"u8))
            {
                ReadRequest(body, ref json, ref draft);
            }
            else
            {
                Step(ref json);
            }
        }

        // Whatever follows the closing brace makes the next read throw.
        json.Read();
        return null;
    }

    private static void ReadRequest(ReadOnlyMemory<byte> body, ref Utf8JsonReader json, ref Draft draft)
    {
        json.Read();
        draft.HasRequest = json.TokenType == JsonTokenType.StartObject;
        if (!draft.HasRequest)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("uid"u8)) { draft.Uid = ReadText(ref json); }
            else if (json.ValueTextEquals("object"u8)) { draft.Object = Slice(body, ref json); }
            else if (json.ValueTextEquals("oldObject"u8)) { draft.OldObject = Slice(body, ref json); }
            else if (json.ValueTextEquals("kind"u8)) { draft.Kind = Type(ref json, "kind"u8); }
            else if (json.ValueTextEquals("resource"u8)) { draft.Resource = Type(ref json, "resource"u8); }
            else if (json.ValueTextEquals("subResource"u8)) { draft.SubResource = ReadText(ref json); }
            else if (json.ValueTextEquals("operation"u8)) { draft.Operation = ReadText(ref json); }
            else if (json.ValueTextEquals("namespace"u8)) { draft.Namespace = ReadText(ref json); }
            else if (json.ValueTextEquals("name"u8)) { draft.Name = ReadText(ref json); }
            else if (json.ValueTextEquals("dryRun"u8)) { json.Read(); draft.DryRun = json.TokenType == JsonTokenType.True; }
            else if (json.ValueTextEquals("userInfo"u8)) { draft.Username = Type(ref json, "username"u8).Name; }
            else { Step(ref json); }
        }
    }

    /// <summary>An object with group and version, and a third field of this name.</summary>
    private static AdmissionType Type(ref Utf8JsonReader json, ReadOnlySpan<byte> third)
    {
        string group = "", version = "", name = "";
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return default;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals(third)) { name = ReadText(ref json) ?? ""; }
            else if (json.ValueTextEquals("group"u8)) { group = ReadText(ref json) ?? ""; }
            else if (json.ValueTextEquals("version"u8)) { version = ReadText(ref json) ?? ""; }
            else { Step(ref json); }
        }

        return new(group, version, name);
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> body, ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return default;
        }

        var start = (int)json.TokenStartIndex;
        json.Skip();
        return body[start..(int)json.BytesConsumed];
    }

    private struct Draft
    {
        public string? ApiVersion, Type, Uid, SubResource, Operation, Namespace, Name, Username;
        public AdmissionType Kind, Resource;
        public bool HasRequest, DryRun;
        public ReadOnlyMemory<byte> Object, OldObject;

        public readonly string? Fault() => this switch
        {
            { ApiVersion: not (AdmissionReview.V1 or AdmissionReview.V1Beta1) } or { Type: not "AdmissionReview" } =>
                $"Expected kind AdmissionReview of {AdmissionReview.V1} (or {AdmissionReview.V1Beta1}), got kind \"{Type}\" of \"{ApiVersion}\".",
            { HasRequest: false } => "The AdmissionReview has no request.",
            { Uid: null or "" } => "The AdmissionReview has no request.uid, so it cannot be answered.",
            { Kind.Name: null or "" } => "The AdmissionReview has no request.kind.kind.",
            { Operation: null or "" } => "The AdmissionReview has no request.operation.",
            _ => null,
        };

        public readonly AdmissionReview Review() => new()
        {
            ApiVersion = ApiVersion!,
            Uid = Uid!,
            Kind = Kind,
            Resource = Resource,
            SubResource = SubResource ?? "",
            Operation = Operation switch
            {
                "CREATE" => AdmissionOperation.Create,
                "UPDATE" => AdmissionOperation.Update,
                "DELETE" => AdmissionOperation.Delete,
                "CONNECT" => AdmissionOperation.Connect,
                _ => AdmissionOperation.Unknown,
            },
            Namespace = string.IsNullOrEmpty(Namespace) ? null : Namespace,
            Name = Name ?? "",
            DryRun = DryRun,
            Username = Username,
            Object = Object,
            OldObject = OldObject,
        };
    }
}
