using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>PEM in, certificates out; a mistake is told with the file and the field.</summary>
internal static class Certificates
{
    public static X509Certificate2Collection Authorities(string pem, string file, string field)
    {
        const string fix = "Put in the cluster's CA certificate (it starts with -----BEGIN CERTIFICATE-----).";
        var collection = new X509Certificate2Collection();
        try
        {
            collection.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new KubeConfigException(file, field, "this is not a PEM certificate.", fix, e);
        }

        return collection.Count > 0 ? collection : throw new KubeConfigException(file, field, "there is no certificate in it.", fix);
    }

    /// <summary>
    /// A client's certificate with its key, and all that follows it in the PEM: the server may know no more than the root.
    /// </summary>
    public static SslStreamCertificateContext Client(string certificatePem, string keyPem, string file, string field)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificatePem);
            // Offline: nobody is asked for what is missing.
            return SslStreamCertificateContext.Create(WithKey(certificatePem, keyPem), chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeConfigException(
                file, field, "the client certificate and its key do not fit together, or are no PEM.",
                "Give the certificate and the private key that belongs to it, unencrypted.", e);
        }
    }

    /// <summary>The text of a <c>…-data</c> field: base64 of a PEM.</summary>
    public static string Decode(string base64, string file, string field)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException e)
        {
            throw new KubeConfigException(file, field, "this is not base64.", "Encode the PEM file with base64, in one line.", e);
        }
    }

    private static X509Certificate2 WithKey(string certificatePem, string keyPem)
    {
        var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // Windows' TLS cannot use a key that lives in memory only.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
        }
    }
}
