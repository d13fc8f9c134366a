namespace AgentWarden.Benchmarks.Arena;

/// <summary>
/// Two function apps to start under a Functions host: ours as it is published for one, and the smallest isolated app with the same packages.
/// </summary>
internal sealed record IsolatedApps(string Ours, string Sample)
{
    private const string SampleProject =
        """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <AzureFunctionsVersion>v4</AzureFunctionsVersion>
            <OutputType>Exe</OutputType>
            <ImplicitUsings>enable</ImplicitUsings>
            <NuGetAudit>false</NuGetAudit>
          </PropertyGroup>
          <ItemGroup>
            <FrameworkReference Include="Microsoft.AspNetCore.App" />
            <PackageReference Include="Microsoft.Azure.Functions.Worker" />
            <PackageReference Include="Microsoft.Azure.Functions.Worker.Sdk" />
            <PackageReference Include="Microsoft.Azure.Functions.Worker.Extensions.Http.AspNetCore" />
            <PackageReference Include="Microsoft.Azure.Functions.Worker.Extensions.Timer" />
            <None Update="host.json" CopyToOutputDirectory="PreserveNewest" />
          </ItemGroup>
        </Project>
        """;

    private const string SampleProgram =
        """
        using Microsoft.AspNetCore.Http;
        using Microsoft.Azure.Functions.Worker;
        using Microsoft.Azure.Functions.Worker.Builder;
        using Microsoft.Extensions.Hosting;

        var builder = FunctionsApplication.CreateBuilder(args);
        builder.ConfigureFunctionsWebApplication();
        builder.Build().Run();

        public sealed class Sample
        {
            [Function("Hello")]
            public IResult Hello([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "hello")] HttpRequest request) =>
                Results.Text("hello");

            [Function("Tick")]
            public void Tick([TimerTrigger("0 */5 * * * *")] TimerInfo timer)
            {
            }
        }
        """;

    private const string SampleHost = """{ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } }""";

    /// <summary>Publishes both, JIT as a Functions host runs them.</summary>
    public static async Task<IsolatedApps> PublishAsync(PublishedPrograms programs, CancellationToken cancellation)
    {
        var ours = Path.Combine(programs.Folder, "function-app");
        string[] arguments = ["publish", Path.Combine(PublishedPrograms.Repository, "functions"), "-c", "Release", "-o", ours];
        await PublishedPrograms.DotnetAsync([.. arguments, "-p:RunAnalyzers=false"], cancellation);

        var sample = Directory.CreateDirectory(Path.Combine(programs.Folder, "isolated-sample")).FullName;
        await File.WriteAllTextAsync(Path.Combine(sample, "sample.csproj"), SampleProject, cancellation);
        await File.WriteAllTextAsync(Path.Combine(sample, "Program.cs"), SampleProgram, cancellation);
        await File.WriteAllTextAsync(Path.Combine(sample, "host.json"), SampleHost, cancellation);
        // The same versions as ours.
        var versions = Path.Combine(PublishedPrograms.Repository, "Directory.Packages.props");
        File.Copy(versions, Path.Combine(sample, Path.GetFileName(versions)));
        await PublishedPrograms.DotnetAsync(["publish", sample, "-c", "Release", "-o", Path.Combine(sample, "out")], cancellation);
        return new(ours, Path.Combine(sample, "out"));
    }
}
