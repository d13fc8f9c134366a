using AgentWarden.Platform.Composition;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Deploy;

/// <summary>Which paths are served over TLS, and which in plain HTTP.</summary>
public sealed class ProcessRoutesTests
{
    [Theory]
    [InlineData("")]
    [InlineData("api")]
    public void Admission_is_served_over_TLS_only_with_a_route_prefix_too(string prefix)
    {
        var nowhere = new ClusterConnection { Server = new Uri("https://127.0.0.1:1"), Description = "no cluster" };
        using var process = new WardenProcess(nowhere, HostedParts.All, n => n == "AzureFunctionsJobHost__extensions__http__routePrefix" ? prefix : null, NullLoggerFactory.Instance, TimeProvider.System, checksCallers: false);
        var (tls, plain) = (process.AdmissionRoutes(), process.PlainRoutes());
        foreach (var root in new[] { "", prefix }.Distinct(StringComparer.Ordinal).Select(p => p.Length == 0 ? "" : "/" + p))
        {
            Assert.NotNull(tls.Find(root + "/admission/validate"));
            Assert.Null(plain.Find(root + "/admission/validate"));
            Assert.NotNull(plain.Find(root + "/events"));
            Assert.Null(tls.Find(root + "/events"));
        }
    }
}
