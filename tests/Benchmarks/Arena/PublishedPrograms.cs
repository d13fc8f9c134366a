using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>The functions as they are shipped (ReadyToRun), and the smallest .NET program to compare a start with. Both are made by the SDK of this run.</summary>
internal sealed record PublishedPrograms(string Folder, string Warden, string Hello)
{
    private const string HelloProject =
        """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <InvariantGlobalization>true</InvariantGlobalization>
          </PropertyGroup>
        </Project>
        """;

    private static readonly string Runtime = $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

    public static string Repository { get; } = FindRepository();

    public static async Task<PublishedPrograms> PublishAsync(Action<string> say, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("agent-warden-benchmarks-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        say("publishing the functions as they ship");
        await DotnetAsync(["publish", Path.Combine(Repository, "functions"), "-c", "Release", "-r", Runtime, "-o", Path.Combine(folder, "warden")], cancellation);

        var hello = Directory.CreateDirectory(Path.Combine(folder, "hello")).FullName;
        await File.WriteAllTextAsync(Path.Combine(hello, "hello.csproj"), HelloProject, cancellation);
        await File.WriteAllTextAsync(Path.Combine(hello, "Program.cs"), """System.Console.WriteLine("hello");""", cancellation);
        await DotnetAsync(["publish", hello, "-c", "Release", "-o", Path.Combine(hello, "out")], cancellation);
        return new(folder, Path.Combine(folder, "warden", "agent-warden"), Path.Combine(hello, "out", "hello"));
    }

    /// <summary>Where the program's own launcher finds the runtime that we run on.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static async Task DotnetAsync(string[] arguments, CancellationToken cancellation)
    {
        // Build servers would outlive us and hold memory and a core beside what is measured.
        using var dotnet = Process.Start(new ProcessStartInfo(Path.Combine(DotnetRoot, "dotnet"), [.. arguments, "--nologo", "-v", "quiet", "-nodeReuse:false", "-p:UseSharedCompilation=false"]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        try
        {
            var output = dotnet.StandardOutput.ReadToEndAsync(cancellation);
            var errors = dotnet.StandardError.ReadToEndAsync(cancellation);
            await dotnet.WaitForExitAsync(cancellation);
            if (dotnet.ExitCode != 0)
            {
                throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} failed:\n{await output}{await errors}");
            }
        }
        finally
        {
            if (!dotnet.HasExited)
            {
                dotnet.Kill(entireProcessTree: true);
            }
        }
    }

    private static string FindRepository([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
