using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Platform.Composition;
using AgentWarden.Platform.Hosting;
using AgentWarden.Tests.Platform.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Deploy;

/// <summary>Which paths are served over TLS, and which in plain HTTP.</summary>
public sealed class ProcessRoutesTests
{
    private static readonly string[] Admission = ["/admission/pods/credentials", "/admission/validate"];

    private static readonly string[] Events =
    [
        "/events", "/events/credentialpropagation", "/events/providerreconciliation", "/events/secretprovisioning", "/events/secretrotation",
    ];

    [Theory]
    [InlineData(HostedParts.All, true, true)]
    [InlineData(HostedParts.Admission, true, false)]
    [InlineData(HostedParts.Events, false, true)]
    internal void Each_path_is_served_where_it_belongs_and_nowhere_else(HostedParts parts, bool admission, bool events)
    {
        using var process = Process(parts);
        Assert.Equal(admission ? Admission : [], Paths(process.MapAdmission));
        Assert.Equal(["/healthz", "/metrics", "/readyz"], Paths(process.MapPlain).Except(Events));
        Assert.Equal(events ? Events : [], Paths(process.MapPlain).Intersect(Events));
    }

    [Fact]
    public void A_function_that_is_switched_off_has_no_path()
    {
        using var process = Process(HostedParts.All, ("AzureWebJobs.SecretRotation.Disabled", "true"), ("AzureWebJobs.CredentialInjection.Disabled", "1"));
        Assert.Equal(Events.Where(e => e != "/events/secretrotation"), Paths(process.MapPlain).Intersect(Events));
        Assert.Equal(["/admission/validate"], Paths(process.MapAdmission));
    }

    private static WardenProcess Process(HostedParts parts, params (string, string)[] settings)
    {
        var nowhere = new ClusterConnection { Server = new Uri("https://127.0.0.1:1"), Description = "no cluster" };
        return new(nowhere, new()
        {
            Parts = parts,
            Settings = TestFunctions.Settings(settings),
            Loggers = NullLoggerFactory.Instance,
            Catalog = FunctionCatalog.Load(TestFunctions.Settings(settings)),
            ChecksCallers = false,
        });
    }

    private static IEnumerable<string> Paths(Action<IEndpointRouteBuilder> map)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.AddHealthChecks();
        var app = builder.Build();
        map(app);
        return ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Select(e => "/" + e.RoutePattern.RawText!.Trim('/')).Order(StringComparer.Ordinal);
    }
}
