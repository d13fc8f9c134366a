using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>
/// The functions as they are shipped (compiled natively), and the smallest .NET program to compare a start with. Both are made by the SDK of
/// this run, unless a variable names a folder in which the functions were published before.
/// </summary>
/// <param name="Folder">Deleted at the end.</param>
/// <param name="Warden">The executable that is measured.</param>
/// <param name="Hello">The smallest program.</param>
internal sealed record PublishedPrograms(string Folder, string Warden, string Hello)
{
    /// <summary>A folder that the functions were published into; nothing is published then.</summary>
    public const string ShippedSetting = "WARDEN_SHIPPED";

    /// <summary>A folder with the program of an earlier state. Every row is measured with it too, in the same run.</summary>
    public const string BeforeSetting = "WARDEN_BEFORE";

    private const string ProgramName = "agent-warden";

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
        var shipped = Environment.GetEnvironmentVariable(ShippedSetting);
        if (shipped is not { Length: > 0 })
        {
            say("publishing the functions as they ship: natively, which takes minutes");
            shipped = Path.Combine(folder, "warden");
            await DotnetAsync(
                ["publish", Path.Combine(Repository, "functions"), "-c", "Release", "-r", Runtime, "-p:RunAnalyzers=false", "-o", shipped],
                cancellation);
        }

        var hello = Directory.CreateDirectory(Path.Combine(folder, "hello")).FullName;
        await File.WriteAllTextAsync(Path.Combine(hello, "hello.csproj"), HelloProject, cancellation);
        await File.WriteAllTextAsync(Path.Combine(hello, "Program.cs"), """System.Console.WriteLine("hello");""", cancellation);
        await DotnetAsync(["publish", hello, "-c", "Release", "-o", Path.Combine(hello, "out")], cancellation);
        return new(folder, ProgramIn(shipped), Path.Combine(hello, "out", "hello"));
    }

    /// <summary>The same with the program of an earlier state; null when none is named.</summary>
    public PublishedPrograms? Before() => Environment.GetEnvironmentVariable(BeforeSetting) is { Length: > 0 } folder ? this with { Warden = ProgramIn(folder) } : null;

    private static string ProgramIn(string folder)
    {
        var program = Path.GetFullPath(Path.Combine(folder, ProgramName));
        return File.Exists(program) ? program : throw new FileNotFoundException($"There is no {program}: publish the functions into that folder first.");
    }

    /// <summary>Where the program's own launcher finds the runtime that we run on.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    public static async Task DotnetAsync(string[] arguments, CancellationToken cancellation)
    {
        // Build servers would outlive us and hold memory and a core beside what is measured.
        string[] alone = ["--nologo", "-v", "quiet", "-nodeReuse:false", "-p:UseSharedCompilation=false"];
        using var dotnet = Process.Start(new ProcessStartInfo(Path.Combine(DotnetRoot, "dotnet"), [.. arguments, .. alone])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
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
