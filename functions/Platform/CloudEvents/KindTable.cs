using System.Collections.Frozen;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>The kinds that functions look at, found by what an event says of them. The version does not matter: a function reads its own.</summary>
internal sealed class KindTable
{
    private readonly FrozenDictionary<(string Group, string Kind), ResourceKind> _kinds;

    public KindTable(IEnumerable<ResourceKind> kinds) =>
        _kinds = kinds.DistinctBy(k => (k.Group, k.Kind)).ToFrozenDictionary(k => (k.Group, k.Kind));

    /// <summary>The kinds that the functions subscribe to, and the owners that some want instead.</summary>
    public static KindTable Of(IEnumerable<IEventHandler> functions) =>
        new(functions.SelectMany(f => f.Subscriptions).SelectMany(s => s.Owner is { } owner ? new[] { s.Kind, owner } : [s.Kind]));

    public ResourceKind? Find(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return _kinds.GetValueOrDefault((slash < 0 ? "" : apiVersion[..slash], kind));
    }
}
