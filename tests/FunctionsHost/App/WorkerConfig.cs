using System.Text.Json;

namespace AgentWarden.FunctionsHost.App;

/// <summary>The app's worker.config.json: which program speaks for it.</summary>
internal sealed record WorkerConfig(string Executable, IReadOnlyList<string> Arguments)
{
    private const string Root = "{WorkerRoot}";

    /// <exception cref="InvalidDataException">It names a program that is not there, or one that does not list its functions.</exception>
    public static WorkerConfig Load(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "worker.config.json")));
        var description = document.RootElement.GetProperty("description");
        string? Text(string name) =>
            description.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (Text("language") != "dotnet-isolated" || Text("workerIndexing") != "true")
        {
            throw new InvalidDataException("worker.config.json: not an isolated worker that lists its functions");
        }

        var named = Text("defaultExecutablePath") ?? throw new InvalidDataException("worker.config.json names no program");
        var executable = named.Replace(Root, folder.TrimEnd('/') + "/", StringComparison.Ordinal);
        if (Path.IsPathRooted(executable) && !File.Exists(executable))
        {
            throw new InvalidDataException($"worker.config.json: {named} is not in the folder");
        }

        var worker = Text("defaultWorkerPath");
        if (worker is not null && !File.Exists(Path.Combine(folder, worker)))
        {
            throw new InvalidDataException($"worker.config.json: {worker} is not in the folder");
        }

        // A program that is not named by path is found as this process found it.
        var program = executable == "dotnet" ? DotnetProgram() : executable;
        return new(program, worker is null ? [] : [Path.Combine(folder, worker)]);
    }

    private static string DotnetProgram() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root ? Path.Combine(root, "dotnet")
        : "dotnet";
}
