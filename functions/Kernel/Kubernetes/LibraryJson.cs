using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>How the client library reads and writes its own kinds, without reflection.</summary>
internal static class LibraryJson
{
    private static readonly JsonSerializerOptions Options = new k8s.KubernetesClientConfiguration().JsonSerializerOptions;

    public static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
}
