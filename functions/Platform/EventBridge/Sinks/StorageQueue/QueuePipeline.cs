using Azure.Core;
using Azure.Core.Pipeline;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>The pipeline that requests to the Queue service go through, with the authorization that the connection allows.</summary>
internal static class QueuePipeline
{
    private const string Scope = "https://storage.azure.com/.default";

    public static HttpPipeline Create(StorageConnection connection, Func<TokenCredential> identity, HttpPipelineTransport transport, TimeProvider clock)
    {
        var options = AzurePipeline.Configure(new Options { Transport = transport });
        HttpPipelinePolicy authorization =
            connection.Key is { } key ? new SharedKeyPolicy(key, clock)
            : connection.Signature is { } signature ? new SharedAccessSignaturePolicy(signature)
            : new BearerTokenAuthenticationPolicy(identity(), Scope);
        return HttpPipelineBuilder.Build(options, authorization);
    }

    private sealed class Options : ClientOptions;
}
