namespace AgentWarden.Platform.Composition.Commands;

/// <summary>The names of our environment variables, so that a misspelt one is not passed over in silence.</summary>
internal static class SettingNames
{
    private const string Prefix = "AGENTWARDEN_";

    /// <summary>All of them. A test compares with what the sources name.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "AGENTWARDEN_BRIDGE", "AGENTWARDEN_BRIDGE_URL",
        "AGENTWARDEN_EVENTGRID_ENDPOINT", "AGENTWARDEN_EVENTGRID_KEY", "AGENTWARDEN_EVENTGRID_KEY_FILE",
        "AGENTWARDEN_EVENT_AUDIENCE", "AGENTWARDEN_EVENT_AUTH", "AGENTWARDEN_EVENT_ORIGINS", "AGENTWARDEN_EVENT_SENDERS", "AGENTWARDEN_EVENT_TOKEN",
        "AGENTWARDEN_LOG_FORMAT", "AGENTWARDEN_LOG_LEVEL",
        "AGENTWARDEN_NAMESPACE", "AGENTWARDEN_POD_NAME",
        "AGENTWARDEN_QUEUE_CONNECTION", "AGENTWARDEN_QUEUE_NAME", "AGENTWARDEN_QUEUE_TTL",
        "AGENTWARDEN_SHUTDOWN_GRACE",
        "AGENTWARDEN_SINK", "AGENTWARDEN_SINK_CONCURRENCY", "AGENTWARDEN_SINK_KEY_FILE", "AGENTWARDEN_SINK_MODE",
        "AGENTWARDEN_SINK_REPORTS", "AGENTWARDEN_SINK_REPORT_WITHIN", "AGENTWARDEN_SINK_URL",
        "AGENTWARDEN_TOKEN_FILE",
    ];

    /// <summary>Of these variables those that look like ours and are not.</summary>
    public static IEnumerable<string> Unknown(IEnumerable<string> variables) =>
        variables.Where(v => v.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && !All.Contains(v, StringComparer.Ordinal)).Order(StringComparer.Ordinal);
}
