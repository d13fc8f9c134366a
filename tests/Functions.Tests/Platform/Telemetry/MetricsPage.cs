using AgentWarden.Kernel.Telemetry;
using AgentWarden.Platform.Telemetry;
using AgentWarden.Tests.Platform.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.Telemetry;

/// <summary>The metrics page of an application of its own, on loopback. Give a meter that no other test has: tests run side by side in one process.</summary>
internal sealed class MetricsPage : IAsyncDisposable
{
    private readonly WebApplication _app;

    private MetricsPage(WebApplication app)
    {
        _app = app;
        Http = new() { BaseAddress = new(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    public static async Task<MetricsPage> StartAsync(
        string meter = AgentWardenMetrics.MeterName, (string, string)[]? settings = null,
        Action<IServiceCollection>? services = null, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        builder.Services.AddAgentWardenTelemetry(TestFunctions.Settings(settings ?? []), meter);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapMetrics();
        map?.Invoke(app);
        await app.StartAsync();
        return new(app);
    }

    public Task<string> GetAsync() => Http.GetStringAsync("/metrics");

    /// <summary>Waits: what ends a call is counted after the caller has its answer.</summary>
    public async Task SaysAsync(string line)
    {
        var text = await GetAsync();
        for (var wait = 0; wait < 500 && !text.Contains(line, StringComparison.Ordinal); wait++)
        {
            await Task.Delay(10);
            text = await GetAsync();
        }

        Assert.Contains(line, text, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
