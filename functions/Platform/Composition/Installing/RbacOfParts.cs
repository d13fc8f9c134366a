using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>
/// What an installation in parts has beside the roles of its functions: an account for each part, and the bridge's own rights.
/// The bridge runs no function: it watches what they subscribe to. Pure.
/// </summary>
internal static class RbacOfParts
{
    private static readonly RbacRule AskingWhoReports = new(KubernetesKinds.TokenReview.Group, [KubernetesKinds.TokenReview.Plural], ["create"], ["the bridge itself: who reports looks to it"]);
    private static readonly RbacRule Labelling = new(KubernetesKinds.Pod.Group, [KubernetesKinds.Pod.Plural], ["list", "patch"], ["the bridge itself: the label of the pod that leads"]);

    /// <summary>Value of <see cref="RbacYaml.PartLabel"/>.</summary>
    public static string Name(HostedParts part) => part switch
    {
        HostedParts.Admission => "admission",
        HostedParts.Events => "functions",
        HostedParts.Bridge => "bridge",
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "One part has one account."),
    };

    public static string Account(HostedParts part) => $"{RbacManifest.Account}-{Name(part)}";

    public static string Write(IReadOnlyList<IHandler> functions)
    {
        var yaml = new RbacYaml(
            "Generated from what the event functions subscribe to (IEventHandler.Subscriptions). A test compares; to write it anew:",
            "  REFRESH_GOLDEN=1 dotnet test tests/Functions.Tests --filter RbacOfParts",
            "The roles of the functions are those of base/rbac.yaml; kustomization.yaml binds them to these accounts.");
        foreach (var part in new[] { HostedParts.Admission, HostedParts.Bridge, HostedParts.Events })
        {
            yaml.ServiceAccount(Account(part));
        }

        var bridge = Account(HostedParts.Bridge);
        return yaml
            .Role(bridge, ns: null, [AskingWhoReports, .. RbacRules.Watching([.. functions.OfType<IEventHandler>()])], Name(HostedParts.Bridge), bridge)
            .Role(bridge, RbacManifest.Namespace, [Labelling], Name(HostedParts.Bridge), bridge)
            .ToString();
    }
}
