using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Status;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Planning;

/// <summary>
/// Records Kubernetes Events in the background. The same Event about the same object is counted up, not repeated:
/// its name is derived from object, reason and message, so that this holds across restarts and replicas too.
/// </summary>
internal sealed partial class EventRecorder : IAsyncDisposable
{
    private const int MaxMessage = 1024;
    private const int Writers = 4;
    private const int Attempts = 60;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    private readonly IKubernetesReader _reader;
    private readonly IKubernetesWriter _writer;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Channel<(string Function, Note Note)> _queue = Channel.CreateBounded<(string, Note)>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Task[] _loops;

    public EventRecorder(IKubernetesReader reader, IKubernetesWriter writer, TimeProvider clock, ILogger log)
    {
        (_reader, _writer, _clock, _log) = (reader, writer, clock, log);
        _loops = [.. Enumerable.Range(0, Writers).Select(_ => Task.Run(RunAsync))];
    }

    /// <summary>Queues one Event. Never blocks and never fails: an Event is news, not work.</summary>
    public void Record(string function, Note note) => _queue.Writer.TryWrite((function, note));

    /// <summary>Writes what is queued, for ten seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAny(Task.WhenAll(_loops), Task.Delay(TimeSpan.FromSeconds(10), _clock, CancellationToken.None));
    }

    private async Task RunAsync()
    {
        await foreach (var (function, note) in _queue.Reader.ReadAllAsync())
        {
            await WriteWithRetriesAsync(function, note);
        }
    }

    /// <summary>An API server that is away for a while costs no Event; one that stays away does.</summary>
    private async Task WriteWithRetriesAsync(string function, Note note)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await WriteAsync(function, note, isRetry: attempt > 1);
                return;
            }
            catch (KubernetesException away) when (away.IsTransient && attempt < Attempts && !_queue.Reader.Completion.IsCompleted)
            {
                await Task.Delay(RetryDelay, _clock, CancellationToken.None);
            }
            catch (Exception failure) when (failure is KubernetesException or HttpRequestException or OperationCanceledException)
            {
                LogNotRecorded(note.Reason, note.Regarding.Kind.Kind, note.Regarding.Namespace, note.Regarding.Name, failure.GetType().Name);
                return;
            }
        }
    }

    private async Task WriteAsync(string function, Note note, bool isRetry)
    {
        // Kubernetes puts the Events of cluster-scoped objects into "default".
        var ns = note.Regarding.Namespace ?? "default";
        var name = NameOf(note);
        var now = _clock.GetUtcNow();
        try
        {
            var body = Encoding.UTF8.GetBytes(Body(function, note, ns, name, now).ToJsonString());
            await _writer.CreateAsync(KubernetesKinds.Event, ns, PlanApplier.FieldManager(function), body, CancellationToken.None);
        }
        catch (KubernetesException known) when (known.IsAlreadyExists)
        {
            if (isRetry)
            {
                // Most likely our own, whose answer was lost; counting it would report one thing twice.
                return;
            }

            var seen = await _reader.GetAsync(KubernetesKinds.Event, ns, name, EventJson.Default.RecordedEvent, CancellationToken.None);
            var count = new JsonObject { ["count"] = (seen?.Count ?? 1) + 1, ["lastTimestamp"] = Rfc3339(now) };
            await _writer.PatchAsync(KubernetesKinds.Event, ns, name, subresource: null, PatchKind.Merge, PlanApplier.FieldManager(function), Encoding.UTF8.GetBytes(count.ToJsonString()), CancellationToken.None);
        }
        catch (KubernetesException refused) when (refused.IsForbidden || refused.IsNotFound)
        {
            // The namespace is being deleted: there is nowhere to write it and nobody to read it.
            LogNotRecorded(note.Reason, note.Regarding.Kind.Kind, note.Regarding.Namespace, note.Regarding.Name, refused.Reason ?? "refused");
        }
    }

    private static string NameOf(Note note)
    {
        var identity = $"{note.Regarding.Kind}\n{note.Regarding.Uid}\n{note.Regarding.Key}\n{note.Severity}\n{note.Reason}\n{note.Message}";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 8));
        var prefix = note.Regarding.Name.Length > 200 ? note.Regarding.Name[..200].TrimEnd('-', '.') : note.Regarding.Name;
        return $"{prefix}.{hash}";
    }

    private static JsonObject Body(string function, Note note, string ns, string name, DateTimeOffset now) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Event",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["involvedObject"] = new JsonObject
        {
            ["apiVersion"] = note.Regarding.Kind.ApiVersion,
            ["kind"] = note.Regarding.Kind.Kind,
            ["namespace"] = note.Regarding.Namespace,
            ["name"] = note.Regarding.Name,
            ["uid"] = note.Regarding.Uid,
        },
        ["type"] = note.Severity,
        ["reason"] = note.Reason,
        ["message"] = note.Message.Length > MaxMessage ? note.Message[..(MaxMessage - 1)] + "…" : note.Message,
        ["source"] = new JsonObject { ["component"] = $"agent-warden/{function}" },
        ["firstTimestamp"] = Rfc3339(now),
        ["lastTimestamp"] = Rfc3339(now),
        ["count"] = 1,
    };

    private static string Rfc3339(DateTimeOffset time) => KubernetesTime.Format(time);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event {Reason} about {Kind} {Namespace}/{Name} was not recorded: {Failure}")]
    private partial void LogNotRecorded(string reason, string kind, string? @namespace, string name, string failure);
}
