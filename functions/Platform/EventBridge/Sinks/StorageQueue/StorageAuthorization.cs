using Azure.Core;
using Azure.Core.Pipeline;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>Signs each try of a request anew: its time is part of what is signed.</summary>
internal sealed class SharedKeyPolicy(SharedKey key, TimeProvider clock) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var request = message.Request;
        request.Headers.SetValue("x-ms-date", clock.GetUtcNow().ToString("r"));
        var length = request.Content?.TryComputeLength(out var known) == true ? known : 0;
        var headers = request.Headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.OrdinalIgnoreCase);
        request.Headers.SetValue("Authorization", key.Authorization(key.StringToSign(request.Method.Method, request.Uri.ToUri(), length, headers)));
    }
}

/// <summary>Adds a shared access signature late, so that the addresses that other code holds and may log are without it.</summary>
internal sealed class SharedAccessSignaturePolicy(string signature) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var query = message.Request.Uri.Query;
        if (!query.Contains(signature, StringComparison.Ordinal))
        {
            message.Request.Uri.Query = query.Length > 1 ? $"{query}&{signature}" : $"?{signature}";
        }
    }
}
