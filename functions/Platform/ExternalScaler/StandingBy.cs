using AgentWarden.Kernel.Contracts;
using Grpc.Core;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>A replica that stands by must not answer "no work": KEDA would believe it.</summary>
internal static class StandingBy
{
    public const string Advice =
        "This replica of the event bridge does not lead, and has no figures. Ask again: the Service leads to the one that does.";

    /// <exception cref="RpcException">UNAVAILABLE: KEDA asks again, and opens its stream again.</exception>
    public static void Refuse(IBacklog backlog)
    {
        if (!backlog.Works)
        {
            throw ScalerStatus.Of(StatusCode.Unavailable, Advice);
        }
    }
}
