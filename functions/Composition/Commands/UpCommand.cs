namespace AgentWarden.Composition.Commands;

internal static class UpCommand
{
    internal sealed record Options(string? Kubeconfig, string? Context, bool Example, string? Data, bool Once);

    public static Task<int> RunAsync(Options options) => Task.FromResult(options.Once ? 1 : 0);
}
