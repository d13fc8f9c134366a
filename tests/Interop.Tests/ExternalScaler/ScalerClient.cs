using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace AgentWarden.InteropTests.ExternalScaler;

/// <summary>The gRPC client of Node.js, in a process of its own that ends with this object.</summary>
internal sealed class ScalerClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task _reading;
    private readonly ConcurrentDictionary<int, Channel<JsonElement>> _answers = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private int _calls;

    private ScalerClient(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
        _reading = ReadAsync();
    }

    /// <param name="address">Of the scaler.</param>
    /// <param name="ca">PEM; null for plain text.</param>
    /// <param name="key">PEM, of the client.</param>
    /// <param name="certificate">PEM, of the client.</param>
    /// <param name="options">Of the channel.</param>
    public static async Task<ScalerClient> StartAsync(Uri address, string? ca = null, string? key = null, string? certificate = null, JsonObject? options = null)
    {
        var modules = await NodePackages.FolderAsync("@grpc/grpc-js@1.14.7", "@grpc/proto-loader@0.8.1");
        var folder = Path.Combine(AppContext.BaseDirectory, "ExternalScaler");
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(folder, "scaler-client.js"));
        var client = new ScalerClient(Process.Start(start)!);
        client.Send(new() { ["modules"] = modules, ["proto"] = Path.Combine(folder, "keda-contract.proto"), ["address"] = address.Authority, ["ca"] = ca, ["key"] = key, ["cert"] = certificate, ["options"] = options ?? [] });
        return client;
    }

    /// <summary>A reference to a ScaledObject whose trigger has this metadata: key, value, key, value.</summary>
    public static JsonObject About(params string[] metadata)
    {
        var map = new JsonObject { ["scalerAddress"] = "warden:9090" };
        foreach (var pair in metadata.Chunk(2))
        {
            map[pair[0]] = pair[1];
        }

        return new() { ["name"] = "worker", ["namespace"] = "agents", ["scalerMetadata"] = map };
    }

    /// <summary>Begins a call; its number is for <see cref="NextAsync"/>.</summary>
    public int Call(string method, JsonObject request, int? deadlineMilliseconds = null)
    {
        var id = Interlocked.Increment(ref _calls);
        _answers[id] = Channel.CreateUnbounded<JsonElement>();
        Send(new() { ["id"] = id, ["method"] = method, ["request"] = request, ["deadline"] = deadlineMilliseconds });
        return id;
    }

    public void Cancel(int call) => Send(new() { ["id"] = call, ["cancel"] = true });

    /// <summary>The next message of a call.</summary>
    public async Task<JsonElement> NextAsync(int call) =>
        await AnswerAsync(call) is var answer && answer.TryGetProperty("data", out var data) ? data : throw new InvalidOperationException($"The call ended: {answer}");

    /// <summary>The next message of StreamIsActive.</summary>
    public async Task<bool> ActiveAsync(int stream) => (await NextAsync(stream)).GetProperty("result").GetBoolean();

    /// <summary>How a call ended; it has no further message.</summary>
    public async Task<(int Code, string Details)> EndAsync(int call)
    {
        var answer = await AnswerAsync(call);
        return answer.TryGetProperty("code", out var code) ? (code.GetInt32(), answer.GetProperty("details").GetString()!) : throw new InvalidOperationException($"The call goes on: {answer}");
    }

    /// <summary>One message and a good end.</summary>
    public async Task<JsonElement> UnaryAsync(string method, JsonObject request)
    {
        var call = Call(method, request);
        var data = await NextAsync(call);
        Assert.Equal(0, (await EndAsync(call)).Code);
        return data;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private void Send(JsonObject line)
    {
        lock (_process)
        {
            _process.StandardInput.WriteLine(line.ToJsonString());
            _process.StandardInput.Flush();
        }
    }

    private async Task<JsonElement> AnswerAsync(int call)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            return await _answers[call].Reader.ReadAsync(limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new TimeoutException($"The client gives no answer to call {call}. It says: {string.Join('\n', _errors)}", e);
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var answer = JsonDocument.Parse(line).RootElement;
            _answers[answer.GetProperty("id").GetInt32()].Writer.TryWrite(answer);
        }

        foreach (var answers in _answers.Values)
        {
            answers.Writer.TryComplete();
        }
    }
}
