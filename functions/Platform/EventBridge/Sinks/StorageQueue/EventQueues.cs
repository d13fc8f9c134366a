using System.Collections.Concurrent;
using AgentWarden.Platform.Hosting;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Queues;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>
/// The queues of an installation in one storage account: one for each function, so that KEDA and a Functions host see, switch off and scale each by itself.
/// Each has two beside it: <c>-poison</c>, where the host moves what failed too often, and <c>-parked</c>.
/// </summary>
internal sealed class EventQueues(QueueServiceClient account, QueueFailure failure, string prefix)
{
    /// <summary>What the Functions host appends; fixed there.</summary>
    private const string PoisonSuffix = "-poison";
    private const string ParkedSuffix = "-parked";

    /// <summary>
    /// Version of the REST interface: new enough for messages that never expire (2017-07-29), and old enough for the emulators that people have,
    /// which refuse the library's own.
    /// </summary>
    private const QueueClientOptions.ServiceVersion Version = QueueClientOptions.ServiceVersion.V2021_12_02;

    private readonly ConcurrentDictionary<string, EventQueue> _queues = new(StringComparer.Ordinal);

    /// <param name="settings">Which account.</param>
    /// <param name="identity">Asked for when the connection names no key and no signature.</param>
    /// <param name="transport">How requests travel.</param>
    /// <param name="clock">For dates in <c>Retry-After</c>.</param>
    /// <exception cref="HostingException">The connection string cannot be used.</exception>
    public static EventQueues Open(QueueSettings settings, Func<TokenCredential> identity, HttpPipelineTransport transport, TimeProvider clock) =>
        new(Account(settings, identity, transport), new(settings, clock), settings.Prefix);

    public EventQueue Of(string function) => Named(QueueSettings.NameOf(prefix, function));

    public EventQueue PoisonOf(string function) => Named(QueueSettings.NameOf(prefix, function) + PoisonSuffix);

    public EventQueue ParkedOf(string function) => Named(QueueSettings.NameOf(prefix, function) + ParkedSuffix);

    private EventQueue Named(string name) => _queues.GetOrAdd(name, n => new(account.GetQueueClient(n), failure));

    private static QueueServiceClient Account(QueueSettings settings, Func<TokenCredential> identity, HttpPipelineTransport transport)
    {
        var options = AzurePipeline.Configure(new QueueClientOptions(Version) { Transport = transport, MessageEncoding = QueueMessageEncoding.None });
        try
        {
            return settings.Account is { } address ? new(address, identity(), options) : new(settings.ConnectionString, options);
        }
        catch (Exception e) when (settings.Account is null && e is FormatException or ArgumentException or InvalidOperationException)
        {
            // Not as the inner exception: its text may quote the connection string.
            throw NoConnectionString(settings.ConnectionFrom);
        }
    }

    private static HostingException NoConnectionString(string from) => new(
        $"{from} is no connection string of a storage account with queues: it needs AccountName with AccountKey, "
        + "or a QueueEndpoint with a SharedAccessSignature, as NAME=VALUE parts that are separated by semicolons.");
}
