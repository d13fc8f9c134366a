namespace AgentWarden.Platform.Hosting;

/// <summary>What calls a function, from its attribute.</summary>
internal abstract record FunctionTrigger;

/// <summary>Over HTTP. No methods means every method.</summary>
internal sealed record HttpTrigger(string Route, IReadOnlyList<string> Methods) : FunctionTrigger;

/// <summary>On a schedule: six fields of NCRONTAB, a TimeSpan, or <c>%SETTING%</c> that holds one of them.</summary>
internal sealed record TimerTrigger(string Schedule, bool RunOnStartup) : FunctionTrigger;

/// <summary>By the messages of a Storage queue; only a Functions host listens to one.</summary>
internal sealed record QueueTrigger(string Queue, string Connection) : FunctionTrigger;

/// <summary>One <c>[Function]</c>.</summary>
/// <param name="Name">As the attribute says it: by this name a host and KEDA see it and switch it off.</param>
/// <param name="Class">Full name of its class.</param>
/// <param name="Trigger">What calls it.</param>
/// <param name="Disabled">Switched off by a setting.</param>
internal sealed record FunctionDeclaration(string Name, string Class, FunctionTrigger Trigger, bool Disabled)
{
    private const string Suffix = "Function";

    /// <summary>The handler behind it: the class's name without its suffix, which is the name of the folder too.</summary>
    public string Handler
    {
        get
        {
            var type = Class[(Class.LastIndexOf('.') + 1)..];
            return type.EndsWith(Suffix, StringComparison.Ordinal) ? type[..^Suffix.Length] : type;
        }
    }
}
