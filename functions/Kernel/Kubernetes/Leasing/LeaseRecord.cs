using System.Text.Json;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Kubernetes.Leasing;

/// <summary>
/// Our view of one Lease and the ways to change it. Another holder's silence is measured by our own clock from when we saw its last
/// change, never by the times in the Lease. Labels, annotations and owners that others gave it are kept when it is replaced.
/// </summary>
internal sealed partial class LeaseRecord(
    IKubernetesReader reader, IKubernetesWriter writer, LeaseOptions options, TimeProvider time, ILogger logger)
{
    private V1Lease? _lease;
    private long _observedAt;

    /// <summary>Who holds it, as last seen; null when nobody does.</summary>
    public string? Holder => _lease?.Spec?.HolderIdentity is { Length: > 0 } holder ? holder : null;

    public bool IsOurs => Holder == options.Identity;

    /// <summary>Takes or renews the lease; false when another holds it. Losing a race is an answer, not an error.</summary>
    public async Task<bool> TryHoldAsync(CancellationToken cancellation)
    {
        // The leader writes without reading; a conflict makes it look.
        if (IsOurs && await TryWriteAsync(cancellation))
        {
            return true;
        }

        await LookAsync(cancellation);
        return MayTake() && await TryWriteAsync(cancellation);
    }

    /// <summary>Gives the lease back, so that another can take it at once.</summary>
    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        if (!IsOurs)
        {
            return;
        }

        var now = Now();
        var free = _lease! with
        {
            Spec = _lease.Spec with { HolderIdentity = "", LeaseDurationSeconds = 1, AcquireTime = now, RenewTime = now },
        };
        try
        {
            await ReplaceAsync(free, cancellation);
        }
        catch (KubernetesException e)
        {
            // It runs out by itself.
            LogNotReleased(options.Namespace, options.Name, e.Message);
        }
        finally
        {
            _lease = null;
        }
    }

    private bool MayTake()
    {
        if (Holder is null || IsOurs)
        {
            return true;
        }

        var duration = _lease!.Spec!.LeaseDurationSeconds is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : options.LeaseDuration;
        return time.GetElapsedTime(_observedAt) > duration;
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        var seen = await reader.GetAsync(
            KubernetesKinds.Lease, options.Namespace, options.Name, LibraryJson.Of<V1Lease>(), cancellation);
        if (seen?.Spec != _lease?.Spec || seen is null)
        {
            _observedAt = time.GetTimestamp();
        }

        // The server keeps managedFields when they are not sent, and the library cannot write what it read there.
        _lease = seen is null ? null : seen with { Metadata = seen.Metadata with { ManagedFields = null } };
    }

    private async Task<bool> TryWriteAsync(CancellationToken cancellation)
    {
        var now = Now();
        var ours = IsOurs;
        // With all that the spec has besides: a field of a newer server is not ours to drop.
        var spec = (_lease?.Spec ?? new V1LeaseSpec()) with
        {
            HolderIdentity = options.Identity,
            LeaseDurationSeconds = Math.Max(1, (int)Math.Ceiling(options.LeaseDuration.TotalSeconds)),
            AcquireTime = ours ? _lease!.Spec!.AcquireTime : now,
            RenewTime = now,
            LeaseTransitions = (_lease?.Spec?.LeaseTransitions ?? 0) + (ours || _lease is null ? 0 : 1),
        };
        var next = (_lease ?? New()) with { Spec = spec };
        try
        {
            var written = _lease is null
                ? await writer.CreateAsync(KubernetesKinds.Lease, options.Namespace, options.FieldManager, Json(next), cancellation)
                : await ReplaceAsync(next, cancellation);
            _lease = next with { Metadata = next.Metadata with { ResourceVersion = written.ResourceVersion, Uid = written.Uid } };
            _observedAt = time.GetTimestamp();
            return true;
        }
        catch (KubernetesException e) when (e.IsConflict || e.IsAlreadyExists || (e.IsNotFound && _lease is not null))
        {
            return false;
        }
    }

    private Task<ObjectMeta> ReplaceAsync(V1Lease lease, CancellationToken cancellation) =>
        writer.ReplaceAsync(KubernetesKinds.Lease, options.Namespace, options.Name, subresource: null, Json(lease), cancellation);

    private V1Lease New() => new()
    {
        ApiVersion = KubernetesKinds.Lease.ApiVersion,
        Kind = KubernetesKinds.Lease.Kind,
        Metadata = new() { Name = options.Name, NamespaceProperty = options.Namespace },
    };

    /// <summary>The library writes a whole second without a fraction, and the server takes no such <c>MicroTime</c>.</summary>
    private DateTime Now()
    {
        var now = time.GetUtcNow().UtcDateTime;
        return now.Ticks % TimeSpan.TicksPerSecond == 0 ? now.AddMicroseconds(1) : now;
    }

    private static byte[] Json(V1Lease lease) => JsonSerializer.SerializeToUtf8Bytes(lease, LibraryJson.Of<V1Lease>());

    [LoggerMessage(LogLevel.Warning, "The lease {Namespace}/{Name} could not be released and will run out: {Why}")]
    private partial void LogNotReleased(string @namespace, string name, string why);
}
