using System.Globalization;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Collects the attributes of one event, from JSON or from headers, and checks them.</summary>
internal sealed class CloudEventAttributes
{
    private const int MaxLength = 8 * 1024;
    private const int MaxExtensions = 64;

    private readonly Dictionary<string, string> _all = new(StringComparer.Ordinal);

    public string? DataContentType => _all.GetValueOrDefault("datacontenttype");

    public void Set(string name, string? value)
    {
        if (value is null)
        {
            return;
        }

        if (name.Length == 0 || name.Length > 64 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
        {
            throw new CloudEventException(name is "eventType" or "eventTime" or "dataVersion" or "metadataVersion"
                ? "This is an event of the Azure Event Grid schema: subscribe with the CloudEvents v1.0 schema."
                : "Attribute names of a CloudEvent are lower-case letters and digits, at most 64.");
        }

        if (value.Length > MaxLength || _all.Count > MaxExtensions)
        {
            throw new CloudEventException($"The event's attributes are too large: at most {MaxExtensions} of {MaxLength} characters each.");
        }

        _all[name] = value;
    }

    public CloudEvent Build(ReadOnlyMemory<byte> data)
    {
        var version = Take("specversion") ?? throw new CloudEventException("The attribute specversion is missing; it must be \"1.0\".");
        if (version != CloudEvent.SpecVersion)
        {
            throw new CloudEventException("Only CloudEvents of specversion \"1.0\" are read.");
        }

        return new CloudEvent
        {
            Id = Required("id"),
            Source = Required("source"),
            Type = Required("type"),
            Subject = Take("subject"),
            Time = Time(Take("time")),
            DataContentType = Take("datacontenttype"),
            DataSchema = Take("dataschema"),
            Extensions = _all,
            Data = data,
        };
    }

    private static DateTimeOffset? Time(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new CloudEventException("The attribute time is not an RFC 3339 time.");

    private string Required(string name) =>
        Take(name) is { Length: > 0 } value ? value : throw new CloudEventException($"The required attribute {name} is missing or empty.");

    private string? Take(string name) => _all.Remove(name, out var value) ? value : null;
}
