using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Externalscaler;
using Grpc.Core;
using Grpc.Net.Client;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>What a client received, and when (<see cref="Stopwatch.GetTimestamp"/>).</summary>
internal readonly record struct Received(bool Active, long At)
{
    /// <summary>Time since work was added.</summary>
    public TimeSpan After(long addedAt) => Stopwatch.GetElapsedTime(addedAt, At);
}

/// <summary>KEDA's side: a client made from KEDA's own contract, over one connection.</summary>
internal static class ScalerChannel
{
    public static GrpcChannel Open(Uri scaler, string? caBundle = null, X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, SslOptions = Tls(caBundle, certificate) };
        return GrpcChannel.ForAddress(scaler, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    public static Externalscaler.ExternalScaler.ExternalScalerClient Client(GrpcChannel channel) => new(channel);

    /// <summary>A ScaledObject whose trigger has this metadata.</summary>
    public static ScaledObjectRef About(IReadOnlyDictionary<string, string> metadata)
    {
        var about = new ScaledObjectRef { Name = "worker", Namespace = "agents" };
        about.ScalerMetadata.Add(metadata.ToDictionary());
        return about;
    }

    public static SslClientAuthenticationOptions Tls(string? caBundle, X509Certificate2? certificate)
    {
        var options = new SslClientAuthenticationOptions();
        if (caBundle is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(caBundle);
            options.CertificateChainPolicy = policy;
            options.LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate;
        }

        return options;
    }
}

/// <summary>A client's open StreamIsActive, as KEDA holds one. Also for measuring: from the call of OnWork to the client's <c>true</c>.</summary>
internal sealed class ScalerStream : IDisposable
{
    private readonly AsyncServerStreamingCall<IsActiveResponse> _call;

    private ScalerStream(AsyncServerStreamingCall<IsActiveResponse> call) => _call = call;

    /// <param name="channel">To the scaler.</param>
    /// <param name="metadata">The trigger's.</param>
    public static ScalerStream Open(GrpcChannel channel, IReadOnlyDictionary<string, string> metadata) =>
        new(ScalerChannel.Client(channel).StreamIsActive(ScalerChannel.About(metadata)));

    /// <summary>Waits for the next message.</summary>
    /// <exception cref="RpcException">The server ended the stream.</exception>
    /// <exception cref="EndOfStreamException">The same, and it said that all is well.</exception>
    public async Task<Received> NextAsync(CancellationToken cancellation)
    {
        if (!await _call.ResponseStream.MoveNext(cancellation))
        {
            throw new EndOfStreamException();
        }

        return new(_call.ResponseStream.Current.Result, Stopwatch.GetTimestamp());
    }

    public void Dispose() => _call.Dispose();
}
