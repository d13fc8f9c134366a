using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.EventIntake;

namespace AgentWarden.Tests.Platform.EventIntake;

/// <summary>Calls the intake as the routes do: <c>events</c> for whoever is meant, <c>events/NAME</c> for one function.</summary>
internal static class IntakePaths
{
    public static Task<HttpAnswer> HandleAsync(this EventIntakeHandler intake, HttpCall call, CancellationToken cancellation)
    {
        var last = call.Path.TrimEnd('/').Split('/')[^1];
        return intake.TakeAsync(last.Equals("events", StringComparison.OrdinalIgnoreCase) ? null : last, call, cancellation);
    }
}
