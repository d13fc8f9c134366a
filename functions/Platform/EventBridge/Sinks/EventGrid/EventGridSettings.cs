using AgentWarden.Platform.Hosting;

namespace AgentWarden.Platform.EventBridge.Sinks.EventGrid;

/// <summary>Which topic, and how this process proves that it may publish to it. No key at all means by its Entra identity.</summary>
internal sealed class EventGridSettings
{
    public const string EndpointSetting = "AGENTWARDEN_EVENTGRID_ENDPOINT";
    public const string KeySetting = "AGENTWARDEN_EVENTGRID_KEY";
    public const string KeyFileSetting = "AGENTWARDEN_EVENTGRID_KEY_FILE";

    public required Uri Endpoint { get; init; }
    public string? Key { get; init; }
    public string? KeyFile { get; init; }

    public bool HasKey => Key is not null || KeyFile is not null;

    /// <exception cref="HostingException">A setting is missing or wrong.</exception>
    public static EventGridSettings Read(Func<string, string?> settings)
    {
        var read = new EventGridSettings
        {
            Endpoint = Topic(settings(EndpointSetting)),
            Key = Present(settings(KeySetting)),
            KeyFile = Present(settings(KeyFileSetting)),
        };
        if (read.Key is not null && read.KeyFile is not null)
        {
            throw new HostingException($"{KeySetting} and {KeyFileSetting} are both set. Keep one of them.");
        }

        // A token or key in clear text over a network is given away; an emulator on this machine may do without TLS.
        if (read.Endpoint.Scheme != Uri.UriSchemeHttps && !(read.HasKey && read.Endpoint.IsLoopback))
        {
            throw new HostingException($"{EndpointSetting} must begin with https://.");
        }

        return read;
    }

    private static Uri Topic(string? text) =>
        string.IsNullOrWhiteSpace(text)
            ? throw new HostingException($"{EndpointSetting} is not set. Set it to the topic's endpoint: az eventgrid topic show --name TOPIC -g GROUP --query endpoint")
        : Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri.AbsolutePath.EndsWith("/api/events", StringComparison.Ordinal)
            ? uri
            : throw new HostingException($"{EndpointSetting} is not the endpoint of a topic or domain: it should read https://TOPIC.REGION-1.eventgrid.azure.net/api/events");

    private static string? Present(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
