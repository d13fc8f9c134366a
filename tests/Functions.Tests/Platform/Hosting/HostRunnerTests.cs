using System.Net;
using System.Net.Sockets;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.Hosting;

public sealed class HostRunnerTests
{
    [Fact]
    public async Task On_a_signal_readiness_fails_first_and_what_is_in_flight_ends_well()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var readiness = new Readiness();
        var routes = new HttpRoutes([
            new HttpRoute("slow", ["GET"], async (_, _) =>
            {
                entered.SetResult();
                await release.Task;
                return HttpAnswer.OfText(200, "done");
            }),
        ]) { Probes = true };
        await using var server = Server(routes, readiness);
        using var lifetime = new HostLifetime(NullLoggerFactory.Instance);
        var backgroundEnded = new TaskCompletionSource();
        var shutdown = new ShutdownOptions { Grace = TimeSpan.FromSeconds(2), Deadline = TimeSpan.FromSeconds(20) };
        var run = HostRunner.RunAsync(server, readiness, lifetime, shutdown, NullLoggerFactory.Instance, async token =>
        {
            await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            backgroundEnded.SetResult();
        });
        await UntilAsync(() => IsOpen(server));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{server.Address("plain")}") };
        var slow = client.GetStringAsync("/slow");
        await entered.Task;

        lifetime.Stop("test");
        using (var ready = await client.GetAsync("/readyz"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz")).StatusCode);
        await UntilAsync(() => Refuses(server.Address("plain")));
        Assert.False(run.IsCompleted);
        Assert.False(backgroundEnded.Task.IsCompleted);

        release.SetResult();
        Assert.Equal("done", await slow);
        Assert.Equal(ExitCodes.Ok, await run.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(backgroundEnded.Task.IsCompleted);
    }

    [Fact]
    public void A_grace_that_is_no_time_is_refused_by_the_settings_name()
    {
        ShutdownOptions Of(string? text) => ShutdownOptions.FromSettings(name => name == "AGENTWARDEN_SHUTDOWN_GRACE" ? text : null);
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(7)), (Of("").Grace, Of("00:00:07").Grace));
        Assert.All(["7s", "-00:00:07"], text => Assert.Contains("AGENTWARDEN_SHUTDOWN_GRACE", Assert.Throws<HostingException>(() => Of(text)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_that_never_ends_is_cut_at_the_deadline()
    {
        var entered = new TaskCompletionSource();
        var readiness = new Readiness();
        var routes = new HttpRoutes(new HttpRoute("hangs", ["GET"], async (_, token) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return HttpAnswer.OfText(200, "never");
        }));
        await using var server = Server(routes, readiness);
        using var lifetime = new HostLifetime(NullLoggerFactory.Instance);
        var run = HostRunner.RunAsync(server, readiness, lifetime, new ShutdownOptions { Deadline = TimeSpan.FromMilliseconds(300) }, NullLoggerFactory.Instance);
        await UntilAsync(() => IsOpen(server));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{server.Address("plain")}") };
        var hangs = client.GetStringAsync("/hangs");
        await entered.Task;
        lifetime.Stop("test");
        Assert.Equal(ExitCodes.Ok, await run.WaitAsync(TimeSpan.FromSeconds(20)));
        await Assert.ThrowsAsync<HttpRequestException>(() => hangs);
    }

    [Fact]
    public async Task A_part_that_ends_ends_the_process_with_a_failure()
    {
        var readiness = new Readiness();
        await using var server = Server(new HttpRoutes(), readiness);
        using var lifetime = new HostLifetime(NullLoggerFactory.Instance);
        var code = await HostRunner.RunAsync(server, readiness, lifetime, new ShutdownOptions(), NullLoggerFactory.Instance, _ => throw new InvalidOperationException());
        Assert.Equal(ExitCodes.Failed, code);
    }

    [Fact]
    public async Task A_port_in_use_is_an_exit_code()
    {
        await using var first = await RunningServer.StartAsync(new HttpRoutes());
        await using var second = new WebServer([new Listener("plain", first.Server.Address("plain"), _ => { })], new Readiness(), new AgentWardenMetrics(), NullLoggerFactory.Instance);
        using var lifetime = new HostLifetime(NullLoggerFactory.Instance);
        Assert.Equal(ExitCodes.CannotStart, await HostRunner.RunAsync(second, new Readiness(), lifetime, new ShutdownOptions(), NullLoggerFactory.Instance));
    }

    [Fact]
    public void The_second_signal_ends_at_once()
    {
        int? code = null;
        using var lifetime = new HostLifetime(NullLoggerFactory.Instance, exit: c => code = c);
        lifetime.Stop("SIGINT");
        Assert.True(lifetime.Stopping.IsCancellationRequested);
        Assert.Null(code);
        lifetime.Stop("SIGINT");
        Assert.Equal(ExitCodes.Interrupted, code);
    }

    [Theory]
    [InlineData(null, null, 0)]
    [InlineData("KUBERNETES_SERVICE_HOST", "10.0.0.1", 5)]
    [InlineData("AGENTWARDEN_SHUTDOWN_GRACE", "00:00:09", 9)]
    public void The_grace_depends_on_where_it_runs(string? setting, string? value, int seconds)
    {
        var settings = setting is null ? TestFunctions.Settings() : TestFunctions.Settings((setting, value!));
        Assert.Equal(TimeSpan.FromSeconds(seconds), ShutdownOptions.FromSettings(settings).Grace);
    }

    private static bool Refuses(IPEndPoint address)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(address);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static WebServer Server(HttpRoutes routes, Readiness readiness) =>
        new([new Listener("plain", new IPEndPoint(IPAddress.Loopback, 0), routes.Mapping(readiness))], readiness, new AgentWardenMetrics(), NullLoggerFactory.Instance);

    private static bool IsOpen(WebServer server)
    {
        try
        {
            return server.Address("plain").Port != 0;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
