using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Status;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Planning;

/// <summary>
/// Records Kubernetes Events. The same Event about the same object is counted up, not repeated: its name is derived from
/// object, reason and message, so that this holds across restarts and replicas too. What was decided on the same version
/// of the object is the same occurrence: after a stop in the middle it is neither lost nor counted twice.
/// </summary>
internal sealed partial class EventRecorder(IKubernetesReader reader, IKubernetesWriter writer, TimeProvider clock, ILogger log)
{
    /// <summary>Annotation on an Event: the version of the object that the last occurrence was decided on.</summary>
    internal const string SeenVersion = "agent-warden.io/seen-version";

    private const int MaxMessage = 1024;

    /// <summary>Writes one Event before it returns. A refusal is logged and is no fault: an Event is news, not work.</summary>
    /// <exception cref="KubernetesException">The API server is away; the same Event may be recorded again.</exception>
    public async Task RecordAsync(string function, Note note, CancellationToken cancellation)
    {
        // Kubernetes puts the Events of cluster-scoped objects into "default".
        var ns = note.Regarding.Namespace ?? "default";
        var (name, now, manager) = (NameOf(note), clock.GetUtcNow(), PlanApplier.FieldManager(function));
        try
        {
            try
            {
                await writer.CreateAsync(KubernetesKinds.Event, ns, manager, Encoding.UTF8.GetBytes(Body(function, note, ns, name, now).ToJsonString()), cancellation);
            }
            catch (KubernetesException known) when (known.IsAlreadyExists)
            {
                await CountAsync(note, ns, name, now, manager, cancellation);
            }
        }
        catch (KubernetesException refused) when (!refused.IsTransient)
        {
            // The namespace is being deleted, or a quota is used up.
            LogNotRecorded(log, note.Reason, note.Regarding.Kind.Kind, note.Regarding.Namespace, note.Regarding.Name, (int)refused.StatusCode, refused.Reason);
        }
    }

    private async Task CountAsync(Note note, string ns, string name, DateTimeOffset now, string manager, CancellationToken cancellation)
    {
        var seen = await reader.GetAsync(KubernetesKinds.Event, ns, name, EventJson.Default.RecordedEvent, cancellation);
        var version = note.Regarding.ResourceVersion;
        if (version is not null && string.Equals(seen?.Metadata.Annotation(SeenVersion), version, StringComparison.Ordinal))
        {
            return;
        }

        var count = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [SeenVersion] = version } },
            ["count"] = (seen?.Count ?? 1) + 1,
            ["lastTimestamp"] = Rfc3339(now),
        };
        await writer.PatchAsync(KubernetesKinds.Event, ns, name, subresource: null, PatchKind.Merge, manager, Encoding.UTF8.GetBytes(count.ToJsonString()), cancellation);
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
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns, ["annotations"] = note.Regarding.ResourceVersion is { } version ? new JsonObject { [SeenVersion] = version } : null },
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event {Reason} about {Kind} {Namespace}/{Name} was not recorded: {Status} {Refusal}")]
    private static partial void LogNotRecorded(ILogger log, string reason, string kind, string? @namespace, string name, int status, string? refusal);
}
