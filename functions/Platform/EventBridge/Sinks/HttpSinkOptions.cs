using AgentWarden.Platform.Hosting;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>How events travel over HTTP: the content modes of the CloudEvents HTTP binding.</summary>
internal enum HttpSinkMode
{
    /// <summary>The event as one JSON document.</summary>
    Structured,

    /// <summary>Attributes as headers, the data as the body.</summary>
    Binary,

    /// <summary>Several events in one request, when several wait.</summary>
    Batch,
}

/// <summary>Where and how an HTTP sink delivers.</summary>
/// <param name="Root">Below it, each function has its path.</param>
/// <param name="Mode">How events travel.</param>
internal sealed record HttpSinkOptions(Uri Root, HttpSinkMode Mode)
{
    public const string UrlSetting = "AGENTWARDEN_SINK_URL", ModeSetting = "AGENTWARDEN_SINK_MODE", TokenFileSetting = "AGENTWARDEN_TOKEN_FILE";
    public const string ConcurrencySetting = "AGENTWARDEN_SINK_CONCURRENCY", KeyFileSetting = "AGENTWARDEN_SINK_KEY_FILE";

    /// <summary>The attribute <c>source</c> of our events.</summary>
    public string Source { get; init; } = "/agent-warden/bridge";

    /// <summary>Objects of one function that are under way at a time.</summary>
    public int Concurrency { get; init; } = 16;

    /// <summary>A look that takes longer counts as failed, and comes again.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Most events in one request of the mode batch.</summary>
    public int BatchSize { get; init; } = 50;

    /// <summary>A file with a bearer token, as a projected volume holds it; null for none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>A file with a key of the Azure Functions host that the functions run in; null where there is none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>In lower case, as the functions' routes are.</summary>
    public Uri Target(string function) => new(Root, function.ToLowerInvariant());

    /// <exception cref="HostingException">A setting is missing or wrong.</exception>
    public static HttpSinkOptions FromSettings(Func<string, string?> settings)
    {
        var root = Address(settings(UrlSetting))
            ?? throw new HostingException(
                $"{UrlSetting} must be the URL of the functions' event intake, without user, query and fragment, "
                + "for example http://agent-warden-functions.agent-warden-system:8080/events.");
        return new(new Uri(root.AbsoluteUri.TrimEnd('/') + "/"), ModeOf(settings(ModeSetting)))
        {
            TokenFile = settings(TokenFileSetting) is { Length: > 0 } file ? file : null,
            KeyFile = settings(KeyFileSetting) is { Length: > 0 } keyFile ? keyFile : null,
            Concurrency = settings(ConcurrencySetting) is not { Length: > 0 } text ? 16
                : int.TryParse(text, out var number) && number is > 0 and <= 1000 ? number
                : throw new HostingException($"{ConcurrencySetting} is the number of objects of one function that are under way at a time: 1 to 1000."),
        };
    }

    /// <summary>The address of a part of ours; null for what is none or holds more. A user, a query or a fragment would not be sent, and would stand in the log.</summary>
    public static Uri? Address(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" } ? url : null;

    private static HttpSinkMode ModeOf(string? text) =>
        string.IsNullOrEmpty(text) ? HttpSinkMode.Structured
        : Enum.TryParse<HttpSinkMode>(text, ignoreCase: true, out var mode) && Enum.IsDefined(mode) ? mode
        : throw new HostingException($"{ModeSetting} is structured (the default), binary or batch.");
}
