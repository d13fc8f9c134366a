using AgentWarden.Platform.Hosting;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>Functions are scaled to zero. What is due later wakes them, and what is due meanwhile is not lost.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class WakingTests(ControlPlaneFixture cluster)
{
    private const string Function = "SecretRotation";

    [Fact]
    public async Task A_look_that_was_asked_for_becomes_work_at_its_time_and_waits_for_the_function()
    {
        var ns = await cluster.NewNamespaceAsync("due");
        await using var functions = new RecordingFunctions(cluster.Client, ns, Function);
        var (asks, due) = (true, DateTimeOffset.MinValue);
        functions[Function].Answer = about => asks && about.Name == "s-1" ? new(new Outcome.LookAgain(due = DateTimeOffset.UtcNow.AddSeconds(10)), []) : EventAnswer.Done;
        await functions.StartAsync();
        await using var bridge = BridgeInside.Start(cluster.Connection, functions.Events);
        var objects = new Objects(cluster.Client, ns);
        await objects.WriteAsync(1, 1);
        await objects.AllSeenAsync(functions[Function], 1);
        // Long before it is due: a look that is under way when the functions end would ask for another time.
        await Guide.UntilAsync(() => Task.FromResult<object?>(bridge.Process.Bridge.Read(Function) is { Work: 0, Delayed: 1 } && due - DateTimeOffset.UtcNow > TimeSpan.FromSeconds(5) ? "at rest" : null), _ => true, _ => $"the figures are {bridge.Process.Bridge.Read(Function)}");

        await functions.StopAsync();
        asks = false;
        var looks = functions[Function].Looks;
        // Others' Secrets may be work as well; only ours waits for its time.
        await Guide.UntilAsync(() => Task.FromResult<object?>(bridge.Process.Bridge.Read(Function).Delayed == 0 ? "due" : null), _ => true, _ => "it did not become due");
        Assert.True(DateTimeOffset.UtcNow >= due, "it became due too early");
        Assert.InRange(bridge.Process.Bridge.Read(Function).Work, 1, 1000);

        await functions.StartAsync();
        await Guide.UntilAsync(() => Task.FromResult<object?>(functions[Function].Looks > looks ? "looked" : null), _ => true, _ => "nobody looked when it was due");
        await WorkIsAsync(0);

        Task WorkIsAsync(int expected) => Guide.UntilAsync(() => Task.FromResult<object?>(bridge.Process.Bridge.Read(Function).Work == expected ? "so" : null), _ => true, _ => $"the backlog is {bridge.Process.Bridge.Read(Function)}, not {expected}");
    }

    [Fact]
    public async Task A_timer_that_is_due_while_its_function_is_at_zero_is_work_and_fires_once_it_is_there()
    {
        var ns = await cluster.NewNamespaceAsync("timer");
        await using var functions = new RecordingFunctions(cluster.Client, ns, Function, "SecretProvisioning", "ProviderReconciliation", "CredentialPropagation");
        await using var bridge = BridgeInside.Start(cluster.Connection, functions.Events, catalog: await EverySecondAsync());
        await Guide.UntilAsync(() => Task.FromResult<object?>(bridge.Process.Bridge.Works ? "works" : null), _ => true, _ => "the bridge does not work");
        await Task.Delay(6000);

        // Six ticks that nobody took are one piece of work; since then there is one a second, however long this takes.
        var started = System.Diagnostics.Stopwatch.StartNew();
        await functions.StartAsync();
        await Guide.UntilAsync(() => Task.FromResult<object?>(functions[Function].Ticks > 0 ? "ticked" : null), _ => true, _ => "the timer did not fire");
        var ticks = functions[Function].Ticks;
        Assert.InRange(ticks, 1, 3 + (int)started.Elapsed.TotalSeconds);
        await Guide.UntilAsync(() => Task.FromResult<object?>(functions[Function].Ticks > ticks ? "ticked" : null), _ => true, _ => "the timer did not fire again");
    }

    /// <summary>The functions as they are declared, but for the timers: each fires every second.</summary>
    private static async Task<FunctionCatalog> EverySecondAsync()
    {
        var declared = await new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync("");
        return FunctionCatalog.Of(declared.Select(f => f.RawBindings!.Any(b => b.Contains("timerTrigger", StringComparison.Ordinal)) ? EverySecond(f) : f), _ => null);
    }

    private static DefaultFunctionMetadata EverySecond(IFunctionMetadata timer) => new()
    {
        Name = timer.Name,
        EntryPoint = timer.EntryPoint,
        RawBindings = ["""{"type":"timerTrigger","direction":"In","name":"timer","schedule":"* * * * * *"}"""],
    };
}
