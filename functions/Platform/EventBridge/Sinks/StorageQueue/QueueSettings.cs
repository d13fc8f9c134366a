using System.Globalization;
using System.Text.RegularExpressions;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>How the service is asked to let us in.</summary>
internal enum QueueAccess
{
    Key,
    Signature,
    Identity,
}

/// <summary>
/// Which queues, in which storage account, and how long a message may wait.
/// A connection is named as in a trigger's attribute, so that sender and trigger share it.
/// </summary>
/// <remarks>A class and not a record: a record would print its secrets.</remarks>
internal sealed partial class QueueSettings
{
    public const string NameSetting = "AGENTWARDEN_QUEUE_NAME";
    public const string ConnectionSetting = "AGENTWARDEN_QUEUE_CONNECTION";
    public const string TimeToLiveSetting = "AGENTWARDEN_QUEUE_TTL";

    /// <summary>A queue's name has 63 characters at most: 30 of ours, a hyphen, the function's, and <c>-poison</c>.</summary>
    public const int LongestFunction = 25;

    public const string DefaultName = "agent-warden-events";
    private const string DefaultConnection = "AzureWebJobsStorage";

    /// <summary>Each function's queue is named by this, a hyphen, and the function in lower case.</summary>
    public required string Prefix { get; init; }

    /// <summary>Secret. Null when an identity is used.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The queue service's address, for an identity; null when there is a connection string.</summary>
    public Uri? Account { get; init; }

    /// <summary>The client id that the connection names for its identity.</summary>
    public string? ClientId { get; init; }

    /// <summary>The setting that the connection came from, for advice.</summary>
    public required string ConnectionFrom { get; init; }

    /// <summary>Null means for ever: the service would drop messages after a week in which nobody reads the queue, and nobody would hear of it.</summary>
    public TimeSpan? TimeToLive { get; init; }

    public QueueAccess Access => ConnectionString is null ? QueueAccess.Identity
        : ConnectionString.Contains("SharedAccessSignature=", StringComparison.OrdinalIgnoreCase) ? QueueAccess.Signature : QueueAccess.Key;

    /// <summary>The name of a function's queue.</summary>
    public static string NameOf(string prefix, string function) => $"{prefix}-{function.ToLowerInvariant()}";

    /// <exception cref="HostingException">A setting is missing or wrong.</exception>
    public static QueueSettings Read(Func<string, string?> settings)
    {
        var prefix = Present(settings(NameSetting)) ?? DefaultName;
        if (!QueueName().IsMatch(prefix))
        {
            throw new HostingException(
                $"{NameSetting} is what the names of the functions' queues begin with: 3 to 30 lower-case letters, digits and single hyphens, "
                + "beginning and ending with a letter or digit. (30, because NAME-FUNCTION-poison must fit into 63.)");
        }

        var named = Present(settings(ConnectionSetting)) ?? DefaultConnection;
        if (named.Contains('=', StringComparison.Ordinal) || named.Contains(';', StringComparison.Ordinal))
        {
            throw new HostingException(
                $"{ConnectionSetting} must be the name of the setting that holds the connection string, not the connection string itself. "
                + $"Without it, {DefaultConnection} is used.");
        }

        var lifetime = Lifetime(Present(settings(TimeToLiveSetting)));
        // As the Functions host: with its own prefix first, then as it is written.
        string[] names = [$"AzureWebJobs{named}", named];
        foreach (var name in names)
        {
            if (Present(settings(name)) is { } text)
            {
                return new() { Prefix = prefix, ConnectionString = text, ConnectionFrom = name, TimeToLive = lifetime };
            }

            if (Service(settings, name) is { } service)
            {
                var clientId = Present(settings($"{name}__clientId"));
                return new() { Prefix = prefix, Account = service.Address, ClientId = clientId, ConnectionFrom = service.From, TimeToLive = lifetime };
            }
        }

        throw new HostingException(
            $"The storage account of the event queues is not known: set {named} to a connection string, or {named}__queueServiceUri to "
            + $"https://ACCOUNT.queue.core.windows.net for this process's Entra identity. Another name is given by {ConnectionSetting}.");
    }

    private static (Uri Address, string From)? Service(Func<string, string?> settings, string name)
    {
        var uri = Present(settings($"{name}__queueServiceUri"));
        var account = Present(settings($"{name}__accountName"));
        var from = uri is not null ? $"{name}__queueServiceUri" : $"{name}__accountName";
        if ((uri ?? account) is null)
        {
            return null;
        }

        // Tokens are not sent in clear text.
        var isAddress = Uri.TryCreate(uri ?? $"https://{account}.queue.core.windows.net", UriKind.Absolute, out var address);
        return isAddress && address!.Scheme == Uri.UriSchemeHttps
            ? (address, from)
            : throw new HostingException(
                $"{from} is no address of a queue service: it should read {(uri is null ? "ACCOUNT" : "https://ACCOUNT.queue.core.windows.net")}.");
    }

    private static TimeSpan? Lifetime(string? text) =>
        text is null ? null
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= TimeSpan.FromSeconds(1) ? time
        : throw new HostingException($"{TimeToLiveSetting} is not a time of at least a second, for example 7.00:00:00 for seven days. Without it messages wait for ever.");

    private static string? Present(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    [GeneratedRegex("^(?=.{3,30}$)[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QueueName();
}
