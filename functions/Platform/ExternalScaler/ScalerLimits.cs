using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>What the server needs to be told when streams of HTTP/2 stay open for days.</summary>
internal static class ScalerLimits
{
    /// <summary>A larger message is refused with RESOURCE_EXHAUSTED. 4 MB is the usual limit of gRPC.</summary>
    public const int MaxMessageBytes = 4 * 1024 * 1024;

    /// <summary>
    /// A client shares one connection between all its streams (KEDA: one for each ScaledObject),
    /// and waits without an end when there is no room for another.
    /// </summary>
    public const int StreamsPerConnection = 1000;

    public static void Set(KestrelServerOptions options)
    {
        var limits = options.Limits.Http2;
        limits.MaxStreamsPerConnection = StreamsPerConnection;
        // A client that vanished without a word (its node died) would keep its streams for ever.
        limits.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
