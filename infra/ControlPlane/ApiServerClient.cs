using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace AgentWarden.ControlPlane;

/// <summary>HTTP clients that trust the one API server, by the certificate it made for itself, and nobody else.</summary>
internal static class ApiServerClient
{
    internal static HttpClient Create(Uri server, string servingCertificate, string token)
    {
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        trust.CustomTrustStore.ImportFromPemFile(servingCertificate);
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust },
            UseProxy = false,
        };
        var client = new HttpClient(handler) { BaseAddress = server };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }
}
