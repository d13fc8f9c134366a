using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>
/// How requests to Azure are made: soon told when nobody answers. The bridge is the side that waits and tries again, with its own backoff for each object;
/// the libraries' retries, which would multiply with it, are switched off but for one.
/// </summary>
internal static class AzurePipeline
{
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(15);

    public static T Configure<T>(T options) where T : ClientOptions
    {
        options.RetryPolicy = new OnceMoreWithoutAnswer();
        options.Retry.NetworkTimeout = NetworkTimeout;
        options.Diagnostics.ApplicationId = "agent-warden";
        options.Diagnostics.IsLoggingContentEnabled = false;
        return options;
    }

    /// <summary>The transport of both sinks. Connections are renewed, so that a change in DNS is noticed.</summary>
    public static HttpPipelineTransport Transport(int connections) => new HttpClientTransport(new HttpClient(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MaxConnectionsPerServer = connections,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        AllowAutoRedirect = false,
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    });

    /// <summary>
    /// A pooled connection that the server just closed deserves a second try. An answer does not: 429 and 503 say how long to wait,
    /// and the SDK would wait for that here, where nobody sees it.
    /// </summary>
    private sealed class OnceMoreWithoutAnswer() : RetryPolicy(maxRetries: 1, DelayStrategy.CreateFixedDelayStrategy(TimeSpan.FromMilliseconds(50)))
    {
        // The number of tries is the overrider's to limit.
        protected override bool ShouldRetry(HttpMessage message, Exception? exception) => message.ProcessingContext.RetryNumber == 0 && exception is (RequestFailedException or IOException);

        protected override ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) => new(ShouldRetry(message, exception));
    }
}
