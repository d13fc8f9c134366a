using AgentWarden.Platform.Authentication;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition;

/// <summary>Who may send events to the functions and reports to the bridge, by the settings.</summary>
internal static class Callers
{
    /// <summary>The ServiceAccounts of our own parts: all in one, the bridge, the event functions.</summary>
    public static readonly IReadOnlyList<string> OurAccounts = ["agent-warden", "agent-warden-bridge", "agent-warden-functions"];

    /// <summary>Null when a setting says that everybody may.</summary>
    /// <exception cref="HostingException">The setting is neither.</exception>
    public static ICallerCheck? Check(ITokenReviewer reviewer, Func<string, string?> settings, string ns, TimeProvider clock)
    {
        var how = settings(SenderCheckOptions.AuthSetting);
        if (string.Equals(how, "none", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (how is { Length: > 0 } && !how.Equals("tokenreview", StringComparison.OrdinalIgnoreCase))
        {
            throw new HostingException($"{SenderCheckOptions.AuthSetting} is \"tokenreview\" (the default) or \"none\".");
        }

        var options = SenderCheckOptions.FromSettings(settings, ns, OurAccounts);
        return new SenderCheck(new ReviewedTokens(reviewer, options.Audience, clock), options);
    }
}
