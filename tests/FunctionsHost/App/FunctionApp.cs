namespace AgentWarden.FunctionsHost.App;

/// <summary>A published function app with its settings, as the host reads them before it starts anything.</summary>
internal sealed record FunctionApp(string Folder, AppSettings Settings, HostJson Json, WorkerConfig Worker)
{
    /// <exception cref="InvalidDataException">The host would not start with it.</exception>
    public static FunctionApp Load(string folder, IReadOnlyDictionary<string, string> values)
    {
        var (path, settings) = (Path.GetFullPath(folder), new AppSettings(values));
        return new(path, settings, HostJson.Load(path, settings), WorkerConfig.Load(path));
    }
}
