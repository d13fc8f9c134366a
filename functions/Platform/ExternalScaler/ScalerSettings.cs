namespace AgentWarden.Platform.ExternalScaler;

/// <summary>What a ScaledObject asks for in its trigger's metadata.</summary>
/// <param name="Functions">Exact names, sorted, each once.</param>
/// <param name="AllFunctions">No functions were named: it scales by all there are.</param>
/// <param name="TargetBacklog">Objects of work for one replica; above 0.</param>
/// <param name="ActivationBacklog">Active when there is more work than this.</param>
internal sealed record ScalerSettings(IReadOnlyList<string> Functions, bool AllFunctions, int TargetBacklog, int ActivationBacklog);

/// <summary>Settings, or what is wrong with them.</summary>
internal readonly record struct SettingsReading(ScalerSettings? Settings, string? Problem);
