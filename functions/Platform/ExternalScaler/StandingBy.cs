using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting.Grpc;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>A replica that stands by must not answer "no work": KEDA would believe it.</summary>
internal static class StandingBy
{
    public const string Advice = "This replica of the event bridge does not lead, and has no figures. Ask again: the Service leads to the one that does.";

    /// <exception cref="GrpcException">UNAVAILABLE: KEDA asks again, and opens its stream again.</exception>
    public static void Refuse(IBacklog backlog)
    {
        if (!backlog.Works)
        {
            throw new GrpcException(GrpcStatus.Unavailable, Advice);
        }
    }
}
