namespace AgentWarden.Platform.Hosting;

/// <summary>How a function is called, from its <c>function.json</c>.</summary>
/// <param name="Type">Binding type, for example <c>httpTrigger</c>.</param>
/// <param name="Binding">The binding's name: the key of its value in what the Functions host sends.</param>
internal abstract record FunctionTrigger(string Type, string Binding);

/// <summary>Over HTTP. No methods means every method.</summary>
internal sealed record HttpTrigger(string Binding, string Route, IReadOnlyList<string> Methods) : FunctionTrigger(TypeName, Binding)
{
    public const string TypeName = "httpTrigger";

    /// <summary>Name of the <c>http</c> output binding: the key of the answer when the request came wrapped in JSON.</summary>
    public string Output { get; init; } = "res";
}

/// <summary>On a schedule.</summary>
internal sealed record TimerTrigger(string Binding, string Schedule, bool RunOnStartup) : FunctionTrigger(TypeName, Binding)
{
    public const string TypeName = "timerTrigger";
}

/// <summary>By messages that carry CloudEvents: <c>queueTrigger</c>, <c>eventGridTrigger</c> and what else the Functions host may offer.</summary>
internal sealed record MessageTrigger(string Type, string Binding) : FunctionTrigger(Type, Binding)
{
    /// <summary>For metrics: queue, eventgrid.</summary>
    public string Source { get; } = Type.Replace("Trigger", "", StringComparison.OrdinalIgnoreCase).ToLowerInvariant();
}

/// <summary>One <c>function.json</c>.</summary>
internal sealed record FunctionDeclaration(string Name, FunctionTrigger Trigger, bool Disabled);
