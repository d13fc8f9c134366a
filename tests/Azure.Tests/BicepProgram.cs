using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace AgentWarden.AzureTests;

/// <summary>The real <c>bicep</c>, on a copy of <c>infra/Azure</c> that a test may write to. It needs no network and no Azure.</summary>
internal sealed class BicepProgram : IDisposable
{
    /// <summary>A command takes 3 seconds, on a machine that is busy much more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly string Executable = typeof(BicepProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "Bicep").Value!;

    public BicepProgram()
    {
        foreach (var file in Directory.EnumerateFiles(Source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Folder, Path.GetRelativePath(Source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public static string RepositoryRoot { get; } = FindRoot();

    public static string Source { get; } = Path.Combine(RepositoryRoot, "infra", "Azure");

    /// <summary>The Bicep files, by their paths in <see cref="Source"/>.</summary>
    public static IReadOnlyList<string> Sources { get; } =
        [.. Directory.EnumerateFiles(Source, "*.bicep", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Source, f))];

    /// <summary>The copy; gone when the test ends.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("warden-bicep").FullName;

    /// <summary>Runs a command in the copy.</summary>
    /// <returns>The exit code, and what it said of the files: warnings and errors, one a line.</returns>
    public async Task<(int ExitCode, string Said)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable, arguments)
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The machine need not have ICU.
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        await output;
        return (process.ExitCode, (await errors).Trim());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string FindRoot([CallerFilePath] string source = "")
    {
        for (var folder = new FileInfo(source).Directory; folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Functions.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Functions.sln above {source}: these tests read the repository's files.");
    }
}
