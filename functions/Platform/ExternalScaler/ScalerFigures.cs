using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>The figures of several functions together.</summary>
internal static class ScalerFigures
{
    public static BacklogFigures Read(IBacklog backlog, IEnumerable<string> functions) => ScalerDecision.Sum(functions.Select(backlog.Read));
}
