using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.ControlPlane;
using AgentWarden.Tests.Platform.Hosting;

namespace AgentWarden.ClusterTests.FunctionsHost;

/// <summary>
/// Acts like the Azure Functions host towards a custom handler: starts it, waits until it answers, sends it what its triggers would send, judges the answers, and ends it by SIGKILL.
/// Written from the host's source (4.1037); it is not the host.
/// </summary>
internal sealed class FunctionsHostStandIn : IDisposable
{
    private static readonly TimeSpan InitializationTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly HttpClient _client;

    private FunctionsHostStandIn(FunctionApp app, Process process, int port)
    {
        (App, _process) = (app, process);
        _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(1) };
    }

    public FunctionApp App { get; }

    /// <summary>Starts the handler and waits for its first answer, whatever it is.</summary>
    /// <exception cref="HandlerEndedException">It ended before.</exception>
    public static async Task<FunctionsHostStandIn> StartAsync(string folder, IReadOnlyDictionary<string, string> settings)
    {
        var app = FunctionApp.Load(folder, settings);
        var port = LoopbackPorts.Next();
        var start = new ProcessStartInfo(app.Executable) { WorkingDirectory = app.WorkingDirectory, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        // A published folder that is not self-contained finds its runtime by this.
        start.Environment.TryAdd("DOTNET_ROOT", Path.GetDirectoryName(Environment.ProcessPath));
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = start.Environment["FUNCTIONS_HTTPWORKER_PORT"] = $"{port}";
        start.Environment["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"] = start.Environment["FUNCTIONS_HTTPWORKER_ID"] = $"{Guid.NewGuid()}";
        start.Environment["FUNCTIONS_APP_ROOT_PATH"] = folder;
        var output = new StringBuilder();
        var host = new FunctionsHostStandIn(app, Process.Start(start)!, port);
        foreach (var listen in new Action<DataReceivedEventHandler>[] { h => host._process.OutputDataReceived += h, h => host._process.ErrorDataReceived += h })
        {
            listen((_, line) =>
            {
                lock (output)
                {
                    output.AppendLine(line.Data);
                }
            });
        }

        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        try
        {
            await host.UntilReadyAsync(output);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public Task<Verdict> TimerAsync(string name) => InvokeAsync(Running(name, "timerTrigger"), HostBodies.Timer);

    public Task<Verdict> QueueAsync(string name, string text) => InvokeAsync(Running(name, "queueTrigger"), f => HostBodies.Queue(f, text));

    public Task<Verdict> EventGridAsync(string name, params JsonNode[] events) => InvokeAsync(Running(name, "eventGridTrigger"), f => HostBodies.EventGrid(f, new JsonArray([.. events])));

    /// <summary>A request from outside, to a route. 404 when no function that runs has it.</summary>
    public async Task<(int Status, string Body, IReadOnlyDictionary<string, string> Headers)> HttpAsync(string method, string path, string? body = null, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        // A literal route goes before one with a parameter.
        var functions = App.Functions.Where(f => f.Runs && f.Route is { } route && IsAt(route, path) && f.Takes(method)).OrderBy(f => f.Route!.Contains('{', StringComparison.Ordinal));
        if (functions.FirstOrDefault() is not { } function)
        {
            return (404, "", new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase));
        }

        return App.Forwards ? await ForwardAsync(method, path, body, contentType, headers) : await WrapAsync(function, method, path, body, contentType, headers);
    }

    /// <summary>As the host ends its handler: SIGKILL, no farewell.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _client.Dispose();
        _process.Dispose();
    }

    private async Task UntilReadyAsync(StringBuilder output)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < InitializationTimeout; await Task.Delay(25))
        {
            if (_process.HasExited)
            {
                await _process.WaitForExitAsync();
                throw new HandlerEndedException(_process.ExitCode, output.ToString());
            }

            try
            {
                using var response = await _client.GetAsync(new Uri("/", UriKind.Relative));
                return;
            }
            catch (HttpRequestException e) when (e.InnerException is SocketException)
            {
                // Not yet.
            }
        }

        throw new TimeoutException("The handler did not answer within its initialization time-out.");
    }

    private HostedFunction Running(string name, string type)
    {
        var function = App.Function(name);
        return function.Type == type && function.Runs ? function : throw new InvalidOperationException($"The host has no {type} listener for {name}: {function.Error ?? "it is disabled"}");
    }

    private async Task<Verdict> InvokeAsync(HostedFunction function, Func<HostedFunction, string> body)
    {
        using var response = await FunctionsHostRules.CallAsync(_client, function.Name, body(function));
        var (verdict, _) = await FunctionsHostRules.JudgeAsync(response);
        Assert.NotEqual(Verdict.HangsUntilTimeout, verdict);
        return verdict;
    }

    private async Task<(int, string, IReadOnlyDictionary<string, string>)> ForwardAsync(string method, string path, string? body, string contentType, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("X-Azure-Functions-InvocationId", $"{Guid.NewGuid()}");
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var response = await _client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase));
    }

    private async Task<(int, string, IReadOnlyDictionary<string, string>)> WrapAsync(HostedFunction function, string method, string path, string? body, string contentType, (string Name, string Value)[] sent)
    {
        using var response = await FunctionsHostRules.CallAsync(_client, function.Name, HostBodies.Http(function, new Uri($"https://functions.example{path}"), method, contentType, body, sent));
        var (verdict, answer) = await FunctionsHostRules.JudgeAsync(response);
        Assert.Equal(Verdict.Success, verdict);
        var output = answer.GetProperty("Outputs").GetProperty(function.Output!);
        var headers = output.GetProperty("headers").EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!, StringComparer.OrdinalIgnoreCase);
        return (int.Parse(output.GetProperty("statusCode").GetString()!, System.Globalization.CultureInfo.InvariantCulture), output.GetProperty("body").GetString()!, headers);
    }

    /// <summary>Literal segments, and one parameter as the last, as our routes are.</summary>
    private bool IsAt(string route, string path)
    {
        var full = $"/{string.Join('/', new[] { App.RoutePrefix, route }.Where(p => p.Length > 0))}";
        var brace = full.IndexOf("/{", StringComparison.Ordinal);
        return brace < 0 ? full.Equals(path, StringComparison.OrdinalIgnoreCase)
            : (full.EndsWith("?}", StringComparison.Ordinal) && full[..brace].Equals(path, StringComparison.OrdinalIgnoreCase)) || path.StartsWith(full[..(brace + 1)], StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>The handler ended before it answered; the host would start it again unless the code is 0.</summary>
internal sealed class HandlerEndedException(int code, string output) : Exception($"The handler ended with code {code}:\n{output}")
{
    public int Code => code;
}
