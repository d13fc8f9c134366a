using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AgentWarden.Platform.Hosting.Grpc;

/// <summary>What HTTP/2 needs to be told when its streams stay open for days.</summary>
internal static class GrpcLimits
{
    /// <summary>
    /// A client shares one connection between all its streams (KEDA: one for each ScaledObject), and waits without an end when there is no room for another.
    /// </summary>
    public const int StreamsPerConnection = 1000;

    public static void Set(Http2Limits limits)
    {
        limits.MaxStreamsPerConnection = StreamsPerConnection;
        // A client that vanished without a word (its node died) would keep its streams for ever.
        limits.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
