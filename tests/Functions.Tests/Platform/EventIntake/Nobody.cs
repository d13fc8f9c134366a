using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Tests.Platform.EventIntake;

/// <summary>Lets nobody in.</summary>
internal sealed class Nobody : ICallerCheck
{
    public ValueTask<Refusal?> CheckAsync(HttpCall call, CancellationToken cancellation) => new(new Refusal(401, "Send a bearer token."));
}
