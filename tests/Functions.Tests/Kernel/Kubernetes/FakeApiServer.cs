using System.Collections.Concurrent;
using System.Text;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Tests.Kernel.Kubernetes;

/// <summary>An HTTP server on loopback that answers as the test says and remembers what it was asked.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeApiServer(WebApplication app) => _app = app;

    public required Uri Address { get; init; }
    public ConcurrentQueue<string> Asked { get; } = new();
    public ConcurrentQueue<string?> Authorizations { get; } = new();

    public static async Task<FakeApiServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        FakeApiServer? server = null;
        app.Run(async context =>
        {
            server!.Asked.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            server.Authorizations.Enqueue(context.Request.Headers.Authorization.FirstOrDefault());
            await answer(context);
        });
        // The address is known only after the start, so the server is made in two steps.
        await app.StartAsync();
        var address = app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server = new FakeApiServer(app) { Address = new Uri(address) };
        return server;
    }

    public KubernetesClient Client(KubernetesClientOptions? options = null) =>
        new(new ClusterConnection { Server = Address, Description = "fake" }, options ?? new KubernetesClientOptions { FirstDelay = TimeSpan.FromMilliseconds(1) });

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        try
        {
            await _app.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // Open watches are cut.
        }

        await _app.DisposeAsync();
    }
}

/// <summary>Answers as the API server gives them.</summary>
internal static class Answers
{
    public static async Task JsonAsync(this HttpContext context, string json, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json));
    }

    public static Task StatusAsync(this HttpContext context, int code, string reason, string message = "no", string extra = "") =>
        context.JsonAsync($$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"{{message}}","reason":"{{reason}}"{{extra}},"code":{{code}}}""", code);

    public static string Object(string name, int version, string ns = "a", string uid = "") =>
        $$$"""{"metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}","uid":"{{{(uid.Length == 0 ? $"uid-{name}" : uid)}}}","resourceVersion":"{{{version}}}"}}""";

    public static string List(int version, string? next, params string[] items) =>
        $$"""{"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"{{version}}","continue":"{{next}}"},"items":[{{string.Join(",", items)}}]}""";

    public static string Event(string type, string item) => $$$"""{"type":"{{{type}}}","object":{{{item}}}}""" + "\n";

    public static async Task SendAsync(this HttpContext context, string text)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
        await context.Response.Body.FlushAsync();
    }

    /// <summary>Keeps a watch open until the client goes.</summary>
    public static Task HoldAsync(this HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
}
