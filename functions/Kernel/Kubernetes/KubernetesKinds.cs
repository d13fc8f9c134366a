namespace AgentWarden.Kernel.Kubernetes;

/// <summary>Kubernetes' own kinds that the functions read or write.</summary>
internal static class KubernetesKinds
{
    public static readonly ResourceKind Namespace = new("", "v1", "namespaces", "Namespace", Namespaced: false);
    public static readonly ResourceKind Secret = new("", "v1", "secrets", "Secret", Namespaced: true);
    public static readonly ResourceKind Pod = new("", "v1", "pods", "Pod", Namespaced: true);
    public static readonly ResourceKind Event = new("", "v1", "events", "Event", Namespaced: true);
    public static readonly ResourceKind Lease = new("coordination.k8s.io", "v1", "leases", "Lease", Namespaced: true);
    public static readonly ResourceKind TokenReview = new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", Namespaced: false);
    public static readonly ResourceKind Deployment = new("apps", "v1", "deployments", "Deployment", Namespaced: true);
    public static readonly ResourceKind ReplicaSet = new("apps", "v1", "replicasets", "ReplicaSet", Namespaced: true);
    public static readonly ResourceKind StatefulSet = new("apps", "v1", "statefulsets", "StatefulSet", Namespaced: true);
    public static readonly ResourceKind DaemonSet = new("apps", "v1", "daemonsets", "DaemonSet", Namespaced: true);
    public static readonly ResourceKind MutatingWebhook = new("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration", Namespaced: false);
    public static readonly ResourceKind ValidatingWebhook = new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration", Namespaced: false);
    public static readonly ResourceKind CustomResourceDefinition = new("apiextensions.k8s.io", "v1", "customresourcedefinitions",
        "CustomResourceDefinition", Namespaced: false);
}
