using AgentWarden.FunctionsHost;
using AgentWarden.FunctionsHost.Workers;

namespace AgentWarden.FunctionsHostTests;

/// <summary>Our worker from its start to its end, under a host that is patient, and under one that is not.</summary>
public sealed class WorkerLifeTests
{
    private const string Handshake = "WebHook-Request-Origin";

    /// <summary>The host kills a worker after five seconds; a test machine may be under so much load that two of ours take as long.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task Fifty_calls_at_once_get_their_own_answers()
    {
        await using var app = await OurApp.StartAsync(("AGENTWARDEN_EVENT_ORIGINS", "*"));
        var origins = Enumerable.Range(0, 50).Select(i => $"origin-{i}.example").ToArray();
        var answers = await Task.WhenAll(origins.Select(o => app.Caller.CallAsync("OPTIONS", "/events", headers: (Handshake, o))));
        Assert.Equal(origins, answers.Select(a => a.Headers["WebHook-Allowed-Origin"]));
    }

    [Fact]
    public async Task A_message_that_is_no_event_fails_and_the_worker_lives()
    {
        await using var app = await OurApp.StartAsync();
        var worker = await app.Host.Worker;
        foreach (var text in (string[])["hello", """{"a":1,"b":{"c":2}}"""])
        {
            var invocation = await app.Host.QueueMessageAsync("SecretProvisioningQueue", text);
            Assert.False(invocation.Succeeded);
            Assert.StartsWith("SecretProvisioning failed: ", invocation.Error, StringComparison.Ordinal);
        }

        Assert.True(await worker.IsWellAsync(CancellationToken.None));
        Assert.Equal(200, (await app.Caller.CallAsync("OPTIONS", "/events", headers: (Handshake, "eventgrid.azure.net"))).Status);
        Assert.Same(worker, await app.Host.Worker);
    }

    [Fact]
    public async Task A_worker_that_is_killed_fails_what_it_had_and_another_one_answers()
    {
        await using var app = await OurApp.StartAsync();
        var killed = await app.Host.Worker;
        var waiting = AskForAsLongAsItTakes(app);
        await Eventually.HoldsAsync(() => Task.FromResult(killed.InFlight > 0));
        var next = await app.Host.KillWorkerAsync();
        Assert.Equal(500, (await waiting).Status);
        Assert.NotEqual(killed.ProcessId, next.ProcessId);
        Assert.Equal(200, (await app.Caller.CallAsync("OPTIONS", "/events", headers: (Handshake, "eventgrid.azure.net"))).Status);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_end_ends_with_code_0_though_a_call_is_in_flight()
    {
        await using var app = await OurApp.StartAsync();
        var worker = await app.Host.Worker;
        var waiting = AskForAsLongAsItTakes(app);
        await Eventually.HoldsAsync(() => Task.FromResult(worker.InFlight > 0));
        Assert.Equal(0, await worker.TerminateAsync(LongestEnd));
        Assert.InRange((await waiting).Status, 500, 503);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("http://127.0.0.1:1", true)]
    public async Task With_a_collector_the_host_leaves_spans_to_the_worker(string collector, bool traces)
    {
        await using var app = await OurApp.StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector));
        Assert.Equal(traces, (await app.Host.Worker).Capabilities.ContainsKey("WorkerOpenTelemetryEnabled"));
        Assert.Equal(200, (await app.Caller.CallAsync("OPTIONS", "/events", headers: (Handshake, "eventgrid.azure.net"))).Status);
    }

    [Fact]
    public async Task Without_a_cluster_the_worker_ends_with_an_error_code_and_says_why()
    {
        var ended = await Assert.ThrowsAsync<WorkerEndedException>(() => OurApp.StartAsync(("KUBECONFIG", "/nowhere/config")));
        Assert.NotEqual(0, ended.Code);
        Assert.Contains("/nowhere/config", ended.Message, StringComparison.Ordinal);
    }

    /// <summary>A token that only the API server knows, which never answers.</summary>
    private static Task<HostAnswer> AskForAsLongAsItTakes(OurApp app) =>
        app.Caller.CallAsync("POST", "/events/secretprovisioning", "{}", headers: ("Authorization", "Bearer who-knows"));
}
