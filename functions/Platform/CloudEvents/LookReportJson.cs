using System.Globalization;
using System.Text.Json;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>
/// What functions answered, in JSON: <c>{"looks":[{"function":"…","object":{…},"at":"…","followUps":[{…}]}]}</c>.
/// The body of a report to the bridge; and, under the name <c>next</c>, a part of the event intake's answer.
/// </summary>
internal static class LookReportJson
{
    /// <summary>The array's name in a report.</summary>
    public const string Looks = "looks";

    /// <summary>The array's name in the answer of the event intake.</summary>
    public const string Next = "next";

    /// <summary>Header, with its value, of a sender that reads the functions' wishes from the answer and carries them out: our bridge.</summary>
    public const string WishesHeader = "agent-warden-wishes", WishesInAnswer = "answer";

    /// <summary>More looks than this in one report are refused.</summary>
    public const int MaxLooks = 1000;

    private const int MaxFunctionName = 128;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16 };

    public static byte[] Write(IEnumerable<LookReport> looks)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            WriteArray(writer, Looks, looks);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    public static void WriteArray(Utf8JsonWriter writer, string name, IEnumerable<LookReport> looks)
    {
        writer.WriteStartArray(name);
        foreach (var look in looks)
        {
            writer.WriteStartObject();
            WriteLook(writer, look.Function, look.Object);
            if (look.Answer.Next is Outcome.LookAgain again)
            {
                writer.WriteString("at"u8, again.At.UtcDateTime);
            }

            if (look.Answer.FollowUps is { Count: > 0 } followUps)
            {
                writer.WriteStartArray("followUps"u8);
                foreach (var followUp in followUps)
                {
                    ObjectReferenceJson.Write(writer, followUp);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Which function looked at which object.</summary>
    public static void WriteLook(Utf8JsonWriter writer, string function, ObjectReference target)
    {
        writer.WriteString("function"u8, function);
        writer.WritePropertyName("object"u8);
        ObjectReferenceJson.Write(writer, target);
    }

    /// <summary>Reads the array <paramref name="name"/> of a JSON object. An object of an unknown kind is left out, with the reason; whatever is no report is refused whole.</summary>
    /// <exception cref="CloudEventException">It is malformed; the message is for the sender.</exception>
    public static LookReportReading Read(ReadOnlyMemory<byte> json, KindTable kinds, string name = Looks)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            var root = document.RootElement;
            var array = root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Array ? found
                : throw new CloudEventException($"A report is a JSON object with an array \"{name}\".");
            if (array.GetArrayLength() > MaxLooks)
            {
                throw new CloudEventException($"\"{name}\" holds {array.GetArrayLength()} looks; at most {MaxLooks} are taken at a time. Send them in parts.");
            }

            var looks = new List<LookReport>(array.GetArrayLength());
            var ignored = new List<string>();
            var index = 0;
            foreach (var element in array.EnumerateArray())
            {
                ReadLook(element, $"{name}[{index++}]", kinds, looks, ignored);
            }

            return new(looks, ignored);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CloudEventException("The report is not valid JSON.", e);
        }
    }

    private static void ReadLook(JsonElement element, string where, KindTable kinds, List<LookReport> looks, List<string> ignored)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.String || function.GetString() is not { Length: > 0 and <= MaxFunctionName } name)
        {
            throw new CloudEventException($"{where} names no function.");
        }

        var target = element.TryGetProperty("object", out var named) ? Reference(named, $"{where}.object", kinds, ignored) : throw new CloudEventException($"{where} names no object.");
        var followUps = new List<ObjectReference>();
        if (element.TryGetProperty("followUps", out var list))
        {
            var index = 0;
            foreach (var followUp in list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw new CloudEventException($"{where}.followUps is not an array."))
            {
                if (Reference(followUp, $"{where}.followUps[{index++}]", kinds, ignored) is { } reference)
                {
                    followUps.Add(reference);
                }
            }
        }

        var next = Outcome.LookAt(Time(element, where));
        if (target is not null)
        {
            looks.Add(new(name, target, new(next, followUps)));
        }
    }

    private static ObjectReference? Reference(JsonElement element, string where, KindTable kinds, List<string> ignored)
    {
        // A tick is reported like any look, though no function subscribes to timers.
        var reading = ObjectReferenceJson.Read(element, TimerTick.Names(element) ? TimerTick.Table : kinds, typed: element);
        if (reading.IsMalformed)
        {
            throw new CloudEventException($"{where}: {reading.Problem}.");
        }

        if (reading.Problem is { } problem)
        {
            ignored.Add($"{where}: {problem}");
        }

        return reading.Object;
    }

    private static DateTimeOffset? Time(JsonElement element, string where) =>
        !element.TryGetProperty("at", out var at) ? null
        : at.ValueKind == JsonValueKind.String && DateTimeOffset.TryParse(at.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new CloudEventException($"{where}.at is not an RFC 3339 time.");
}

/// <summary>The looks that were read, and what was left out and why.</summary>
internal sealed record LookReportReading(IReadOnlyList<LookReport> Looks, IReadOnlyList<string> Ignored);
