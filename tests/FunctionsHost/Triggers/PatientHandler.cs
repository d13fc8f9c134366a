using System.Net.Sockets;

namespace AgentWarden.FunctionsHost.Triggers;

/// <summary>Tries again to connect, as the host does: a worker says its address before it listens there.</summary>
internal sealed class PatientHandler() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
{
    private const int Attempts = 10;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromMilliseconds(250);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException refused) when (refused.InnerException is SocketException && attempt < Attempts)
            {
                await Task.Delay(pause, cancellationToken);
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
            }
        }
    }
}

/// <summary>The request did not reach the worker's web server, or its answer not the caller.</summary>
internal sealed class ForwardingException(Yarp.ReverseProxy.Forwarder.ForwarderError error)
    : Exception($"Failed to proxy request with ForwarderError: {error}");
