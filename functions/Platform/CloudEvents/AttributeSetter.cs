using System.Globalization;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Gives an event the attributes that a sender wrote as text, in JSON or in headers, and checks them.</summary>
internal sealed class AttributeSetter(CloudEvent cloudEvent)
{
    public const string EventGridSchema = "This is an event of the Azure Event Grid schema: subscribe with the CloudEvents v1.0 schema.";

    private const int MaxLength = 8 * 1024, MaxAttributes = 64, MaxName = 64;

    private string? _version;
    private int _count;

    public static bool IsEventGridSchema(string name) => name is "eventType" or "eventTime" or "dataVersion" or "metadataVersion";

    public void SetTime(DateTimeOffset time) => cloudEvent.Time = time;

    /// <exception cref="CloudEventException">No attribute may have this name.</exception>
    public static void CheckName(string name)
    {
        if (name.Length is 0 or > MaxName || name.AsSpan().ContainsAnyExcept(KnownNames.Allowed))
        {
            throw new CloudEventException(IsEventGridSchema(name) ? EventGridSchema
                : $"Attribute names of a CloudEvent are lower-case letters and digits, at most {MaxName}.");
        }
    }

    /// <summary>One attribute whose name was checked. An optional one that is empty counts as absent.</summary>
    /// <exception cref="CloudEventException">The value is not allowed, or there are too many.</exception>
    public void Set(string name, string value)
    {
        CheckSize(value);
        try
        {
            switch (name)
            {
                case KnownNames.SpecVersion:
                    _version = value;
                    break;
                case KnownNames.Source:
                    cloudEvent.Source = value.Length == 0 ? null : EventSource.Of(value);
                    break;
                case KnownNames.Time:
                    cloudEvent.Time = value.Length == 0 ? null : TimeOf(value);
                    break;
                case KnownNames.Id:
                    cloudEvent.Id = NotEmpty(value);
                    break;
                case KnownNames.Type:
                    cloudEvent.Type = NotEmpty(value);
                    break;
                case KnownNames.Subject:
                    cloudEvent.Subject = NotEmpty(value);
                    break;
                case KnownNames.DataContentType:
                    cloudEvent.DataContentType = NotEmpty(value);
                    break;
                case KnownNames.DataSchema when value.Length == 0:
                    break;
                default:
                    SetOther(name, value);
                    break;
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            throw new CloudEventException($"The attribute {name} holds what it may not hold: {Expected(name)}.", e);
        }
    }

    /// <summary>The event, when it has all that it must have.</summary>
    /// <exception cref="CloudEventException">A required attribute is missing, or the version is not 1.0.</exception>
    public CloudEvent Finish()
    {
        if (_version is null)
        {
            throw new CloudEventException("The attribute specversion is missing; it must be \"1.0\".");
        }

        if (!string.Equals(_version, cloudEvent.SpecVersion.VersionId, StringComparison.Ordinal))
        {
            throw new CloudEventException("Only CloudEvents of specversion \"1.0\" are read.");
        }

        var missing = cloudEvent.Id is null ? KnownNames.Id : cloudEvent.Source is null ? KnownNames.Source : cloudEvent.Type is null ? KnownNames.Type : null;
        return missing is null ? cloudEvent : throw new CloudEventException($"The required attribute {missing} is missing or empty.");
    }

    private void CheckSize(string value)
    {
        if (value.Length > MaxLength || ++_count > MaxAttributes)
        {
            throw new CloudEventException($"The event's attributes are too large: at most {MaxAttributes} of {MaxLength} characters each.");
        }
    }

    private void SetOther(string name, string value)
    {
        // What every event of ours has need not be made anew; a caller who knows the attribute otherwise is followed.
        if (ObjectAttributes.Find(name) is { } ours && cloudEvent.GetAttribute(name) is null)
        {
            cloudEvent[ours] = value;
        }
        else
        {
            cloudEvent.SetAttributeFromString(name, value);
        }
    }

    private static string? NotEmpty(string value) => value.Length == 0 ? null : value;

    /// <summary>RFC 3339 as the SDK reads it; and what else can only mean one time.</summary>
    private static DateTimeOffset TimeOf(string text)
    {
        try
        {
            return (DateTimeOffset)CloudEventAttributeType.Timestamp.Parse(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        }
    }

    private static string Expected(string name) => name switch
    {
        KnownNames.Time => "an RFC 3339 time is expected",
        KnownNames.Source or KnownNames.DataSchema => "a URI is expected",
        KnownNames.DataContentType => "a media type is expected",
        _ => "control characters and what is not valid Unicode are not allowed",
    };
}
