namespace AgentWarden.Platform.CloudEvents;

/// <summary>A CloudEvent 1.0.</summary>
internal sealed record CloudEvent
{
    public const string SpecVersion = "1.0";

    public required string Id { get; init; }
    public required string Source { get; init; }
    public required string Type { get; init; }
    public string? Subject { get; init; }
    public DateTimeOffset? Time { get; init; }
    public string? DataContentType { get; init; }
    public string? DataSchema { get; init; }

    /// <summary>Extension attributes by their lower-case names, as text.</summary>
    public IReadOnlyDictionary<string, string> Extensions { get; init; } = NoExtensions;

    /// <summary>The data as its content type says: JSON text, or bytes. Empty when there is none.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>No content type means JSON, as in the specification.</summary>
    public bool HasJsonData => !Data.IsEmpty && (DataContentType is null || MediaTypes.IsJson(DataContentType));

    private static readonly IReadOnlyDictionary<string, string> NoExtensions = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>What a sender got wrong, in words for the sender.</summary>
internal sealed class CloudEventException : Exception, Kernel.Telemetry.IPublicMessage
{
    public CloudEventException()
    {
    }

    public CloudEventException(string message) : base(message)
    {
    }

    public CloudEventException(string message, Exception inner) : base(message, inner)
    {
    }

    /// <summary>True when the content type is the fault: 415 rather than 400.</summary>
    public bool IsMediaType { get; init; }
}
