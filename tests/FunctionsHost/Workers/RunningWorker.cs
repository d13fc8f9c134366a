using System.Diagnostics;
using AgentWarden.FunctionsHost.App;
using AgentWarden.FunctionsHost.Workers.Rpc;
using Google.Protobuf.WellKnownTypes;

namespace AgentWarden.FunctionsHost.Workers;

/// <summary>A worker that has said what it can and which functions it has, and has loaded them.</summary>
internal sealed class RunningWorker : IAsyncDisposable
{
    private const string HostVersion = "4.1037.0.0";
    /// <summary>A loaded machine starts slowly; the host itself waits as long.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10), GracePeriod = TimeSpan.FromSeconds(5);

    private readonly WorkerProcess _process;
    private readonly WorkerChannel _channel;

    private RunningWorker(WorkerProcess process, WorkerChannel channel) => (_process, _channel) = (process, channel);

    public IReadOnlyDictionary<string, string> Capabilities { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public WorkerMetadata Metadata { get; private set; } = new();

    /// <summary>By name, as the host orders them.</summary>
    public IReadOnlyList<HostedFunction> Functions { get; private set; } = [];

    /// <summary>Where the worker takes HTTP requests itself.</summary>
    public Uri HttpUri => new(Capabilities["HttpUri"]);

    public int ProcessId => _process.Id;

    /// <summary>When its process was started, as <see cref="Stopwatch.GetTimestamp"/> counts.</summary>
    public long StartedAt => _process.StartedAt;

    public IReadOnlyCollection<RpcLog> Logs => _channel.Logs;

    public int InFlight => _channel.InFlight;

    /// <summary>What it wrote, and what it logged to the host.</summary>
    public string Output =>
        _process.Output + string.Concat(Logs.Select(l => $"{l.Level} {l.Category}: {l.Message} {l.Exception?.Message}\n"));

    /// <summary>Starts the program and goes through the host's opening: init, index, load.</summary>
    /// <exception cref="WorkerEndedException">It ended before it was through.</exception>
    /// <exception cref="InvalidDataException">It answered what the host would refuse.</exception>
    public static async Task<RunningWorker> StartAsync(
        FunctionApp app, Uri functionsUri, ExpectedWorkers expected, CancellationToken cancellation)
    {
        var (id, channel) = ($"{Guid.NewGuid()}", new WorkerChannel());
        expected[id] = channel;
        var worker = new RunningWorker(WorkerProcess.Start(app, functionsUri, id), channel);
        _ = worker.FailWhenEndedAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(StartPatience);
        try
        {
            await channel.Connected.WaitAsync(limit.Token);
            await worker.InitAsync(app.Folder, limit.Token);
            await worker.LoadAsync(app, limit.Token);
            return worker;
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            var output = worker.Output;
            await worker.KillAsync();
            throw new TimeoutException($"The worker was not ready within {StartPatience}:\n{output}", late);
        }
        catch
        {
            await worker.KillAsync();
            throw;
        }
    }

    /// <summary>One invocation. Cancelling tells the worker, and still waits for its answer.</summary>
    /// <exception cref="WorkerEndedException">The worker ended before.</exception>
    public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellation)
    {
        var cancel = new InvocationCancel { InvocationId = request.InvocationId };
        await using var cancelling = cancellation.Register(() => _channel.Send(new() { InvocationCancel = cancel }));
        return await _channel.InvokeAsync(request);
    }

    /// <summary>Asks whether it is well, as the host does from time to time.</summary>
    public async Task<bool> IsWellAsync(CancellationToken cancellation) =>
        (await _channel.AskAsync(new() { WorkerStatusRequest = new() }, cancellation)).WorkerStatusResponse is not null;

    /// <summary>Waits until nothing is in flight, or until the host would wait no longer.</summary>
    public async Task DrainAsync()
    {
        for (var since = Stopwatch.GetTimestamp(); InFlight > 0 && Stopwatch.GetElapsedTime(since) < DrainPatience;)
        {
            await Task.Delay(10);
        }
    }

    /// <summary>Tells it to end, as the host does when it ends itself, and waits.</summary>
    /// <returns>Its exit code; null when it did not end in the grace period and was killed.</returns>
    public async Task<int?> TerminateAsync(TimeSpan? gracePeriod = null)
    {
        var grace = gracePeriod ?? GracePeriod;
        _channel.Send(new() { WorkerTerminate = new() { GracePeriod = Duration.FromTimeSpan(grace) } });
        try
        {
            return await _process.Ended.WaitAsync(grace);
        }
        catch (TimeoutException)
        {
            await KillAsync();
            return null;
        }
    }

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.Ended;
    }

    /// <summary>Its exit code, when it has ended.</summary>
    public Task<int> Ended => _process.Ended;

    public async ValueTask DisposeAsync()
    {
        await TerminateAsync();
        _process.Dispose();
    }

    private async Task InitAsync(string folder, CancellationToken cancellation)
    {
        var question = new WorkerInitRequest { HostVersion = HostVersion, WorkerDirectory = folder, FunctionAppDirectory = folder };
        question.Capabilities.Add("V2Compatable", "True");
        var answer = (await _channel.AskAsync(new() { WorkerInitRequest = question }, cancellation)).WorkerInitResponse;
        Require(answer?.Result, "initialisation");
        (Capabilities, Metadata) = (new Dictionary<string, string>(answer!.Capabilities, StringComparer.Ordinal), answer.WorkerMetadata);
    }

    private async Task LoadAsync(FunctionApp app, CancellationToken cancellation)
    {
        var question = new FunctionsMetadataRequest { FunctionAppDirectory = app.Folder };
        var answer = (await _channel.AskAsync(new() { FunctionsMetadataRequest = question }, cancellation)).FunctionMetadataResponse;
        Require(answer?.Result, "indexing");
        if (answer!.UseDefaultMetadataIndexing)
        {
            throw new InvalidDataException("The worker leaves indexing to the host.");
        }

        var functions = answer.FunctionMetadataResults
            .Where(m => app.Json.Functions.Count == 0 || app.Json.Functions.Contains(m.Name, StringComparer.OrdinalIgnoreCase))
            .Select(m => (Metadata: m, Function: HostedFunction.Read(m, app.Settings))).ToList();
        // What is switched off is loaded too, after the others: an administrator may still call it.
        foreach (var (metadata, function) in functions.OrderBy(f => f.Function.Disabled))
        {
            var request = new FunctionLoadRequest { FunctionId = function.Id, Metadata = metadata };
            var loaded = await _channel.AskAsync(new() { FunctionLoadRequest = request }, cancellation);
            Require(loaded.FunctionLoadResponse?.Result, $"loading {function.Name}");
        }

        Functions = [.. functions.Select(f => f.Function).OrderBy(f => f.Name, StringComparer.OrdinalIgnoreCase)];
    }

    private async Task FailWhenEndedAsync()
    {
        var code = await _process.Ended;
        _channel.Fail(new WorkerEndedException(code, Output));
    }

    private static void Require(StatusResult? result, string what)
    {
        if (result?.Status != StatusResult.Types.Status.Success)
        {
            throw new InvalidDataException($"The worker answers {what} with {result?.Status}: {result?.Exception?.Message}");
        }
    }
}
